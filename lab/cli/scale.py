"""`lab scale`: the same flash sale with one number of workers after another."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from engine.deployment import deploy, emulator_version
from engine.program.config import parse_overrides
from lab.cli.demo import RESULTS_FOLDER
from lab.load.scenarios import FLASH
from lab.report.live import LiveView
from lab.report.scale_page import write_scale_page
from lab.report.terminal import print_scale
from lab.results.files import SCALE_FILE, to_json, write_results
from lab.results.scale import ScaleResults
from lab.scale.run import ScalePlan, ScaleRun
from lab.topologies import ASYNC
from terminal.console import make_console
from terminal.errors import BROKEN_PROMISE, INTERRUPTED, UserError
from terminal.files import check_writable, is_stream, new_folder, write
from terminal.interrupts import interruptible
from terminal.project import ROOT

DEFAULT_WORKERS = "1,5,20,100"
DEFAULT_BOUND_SECONDS = 180.0
MOST_WORKERS = 1000
OWN_KEYS = {
    "topology": f"lab scale is about {ASYNC.name}",
    "processorConcurrency": "--workers sets it",
    "processorTasks": "it is 1, so that --workers counts all concurrent payments",
}


def scale(
    *,
    workers: Annotated[
        str, typer.Option(metavar="N,N,...", help="Concurrent payments: 1 to 1000, one run each.")
    ] = DEFAULT_WORKERS,
    seconds: Annotated[
        float, typer.Option(min=1, max=3600, help="Length of each sale.")
    ] = FLASH.duration_seconds,
    bound: Annotated[
        float,
        typer.Option(
            min=0, max=86_400, help="Seconds after the sale beyond which a drain is predicted."
        ),
    ] = DEFAULT_BOUND_SECONDS,
    config: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=VALUE", help="Stack configuration; may be repeated."),
    ] = None,
    json: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Write scale.json here as well.")
    ] = None,
) -> None:
    """Run the flash sale with each number of workers, and draw how the backlog grows and drains.

    Exits with 1 when an order was lost, paid twice or oversold, with 2 when something is set up
    wrongly or breaks, with 130 after Ctrl-C; what was measured until then is kept.
    """
    plan = ScalePlan(
        workers=parse_workers(workers),
        scenario=FLASH.lasting(seconds),
        config=own_config(config or []),
        bound_seconds=bound,
    )
    check_writable(json)
    console = make_console()
    folder = new_folder(RESULTS_FOLDER)

    copy = None if json is None or is_stream(json) else json

    def save(results: ScaleResults) -> None:
        for path in filter(None, (folder / SCALE_FILE, copy)):
            write_results(results, path)

    with interruptible():
        results = _run(plan, folder, save, console)
        if json is not None and copy is None:  # who reads a pipe wants it once
            write(to_json(results), json)
        page = _publish(results, folder, console)
    console.print(f"report   {page}\nresults  {folder / SCALE_FILE}", soft_wrap=True)
    raise typer.Exit(exit_code(results))


def exit_code(results: ScaleResults) -> int:
    """Return 0, or 1 when a promise was broken."""
    return 0 if results.passed else BROKEN_PROMISE


def parse_workers(text: str) -> list[int]:
    """Return the numbers of workers, each once, in the order given.

    Raises:
        UserError: one of them is no whole number from 1 to 1000.
    """
    numbers = []
    for part in text.split(","):
        number = int(part) if re.fullmatch(r"\s*[0-9]{1,4}\s*", part) else 0
        if not 1 <= number <= MOST_WORKERS:
            raise UserError(
                f"--workers {text!r}: {part.strip()!r} is not a whole number from 1 to "
                f"{MOST_WORKERS}; e.g. --workers {DEFAULT_WORKERS}"
            )
        numbers.append(number)
    return list(dict.fromkeys(numbers))


def own_config(pairs: list[str]) -> Mapping[str, str]:
    """Return the stack configuration of the command line.

    Raises:
        UserError: it is malformed, or sets what the command itself sets.
    """
    config = parse_overrides(pairs)
    for key in config:
        reason = OWN_KEYS.get(key.rpartition(":")[2])
        if reason:
            raise UserError(f"--config {key}={config[key]}: {reason}; leave it out")
    return config


def _run(
    plan: ScalePlan, folder: Path, save: Callable[[ScaleResults], None], console: Console
) -> ScaleResults:
    with LiveView(console) as view:
        run = ScaleRun(
            plan,
            folder,
            deploy=partial(deploy, project=ROOT),
            view=view,
            save=save,
            emulator=emulator_version(),
        )
        try:
            return run.run()
        except BaseException as error:
            console.print(f"stopped; what was logged so far is in {folder}", soft_wrap=True)
            if run.results.points:
                page = write_scale_page(run.results, folder)
                console.print(f"what was measured so far: {page}", soft_wrap=True)
            if isinstance(error, KeyboardInterrupt):
                raise typer.Exit(INTERRUPTED) from None
            raise


def _publish(results: ScaleResults, folder: Path, console: Console) -> Path:
    console.print()
    print_scale(console, results)
    return write_scale_page(results, folder)
