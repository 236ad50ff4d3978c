"""`lab demo`: the flash sale on every topology, audited and reported."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from engine.deployment import deploy, emulator_version
from engine.differences import DIFFERENCES
from engine.program.config import parse_overrides, read_stack
from lab.coldstart.measure import measure_cold_start
from lab.load.scenarios import DEMO_SECONDS, SCENARIOS, Scenario
from lab.measure.run import DemoRun, Plan
from lab.report.live import LiveView
from lab.report.page import write_report
from lab.report.terminal import print_results
from lab.results.files import RESULTS_FILE, to_json, write_results
from lab.results.model import Results
from lab.topologies import TOPOLOGIES, named
from terminal.console import make_console
from terminal.errors import BROKEN_PROMISE, INTERRUPTED
from terminal.files import check_writable, new_folder, write
from terminal.interrupts import interruptible
from terminal.project import ROOT

FULL = "full"
RESULTS_FOLDER = ROOT / "build" / "results"


def one_of(known: Collection[str]) -> dict[str, Any]:
    """Return how an option takes one of these names: what `typer.Option` is given."""

    def parse(name: str) -> str:
        if name in known:
            return name
        raise typer.BadParameter(f"{name!r} is not one of {', '.join(map(repr, known))}.")

    return {"parser": parse, "metavar": f"[{'|'.join(known)}]"}


def demo(
    *,
    topology: Annotated[
        list[str] | None,
        typer.Option(help="Only this one; may be repeated.", **one_of(TOPOLOGIES)),
    ] = None,
    scenario: Annotated[
        list[str] | None,
        typer.Option(help="Only this sale; may be repeated.", **one_of(SCENARIOS)),
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Sales of 30 and 60 seconds instead of 4 and 8.")
    ] = False,
    seconds: Annotated[
        float | None, typer.Option(min=1, max=3600, help="Length of each sale.")
    ] = None,
    config: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=VALUE", help="Stack configuration; may be repeated."),
    ] = None,
    json: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Write results.json here as well.")
    ] = None,
) -> None:
    """Run the flash sale on every topology, audit every order, and write a report.

    Exits with 1 when an order was lost, paid twice or oversold, with 2 when something is set up
    wrongly or breaks, with 130 after Ctrl-C; what was measured until then is kept.
    """
    plan = Plan(
        topologies=_each_once(topology) or list(TOPOLOGIES),
        scenarios=_scenarios(_each_once(scenario), full=full, seconds=seconds),
        config=parse_overrides(config or []),
        scale=FULL if full else "demo",
    )
    check_writable(json)
    console = make_console()
    folder = new_folder(RESULTS_FOLDER)
    with interruptible():
        results = _run(plan, folder, console)
        if json is not None:
            write(to_json(results), json)
        report = _publish(results, folder, console)
    console.print(f"report   {report}\nresults  {folder / RESULTS_FILE}", soft_wrap=True)
    if not results.passed:
        raise typer.Exit(BROKEN_PROMISE)


def _each_once(names: list[str] | None) -> list[str]:
    return list(dict.fromkeys(names or []))


def _scenarios(names: list[str], *, full: bool, seconds: float | None) -> list[Scenario]:
    chosen = [SCENARIOS[name] for name in names] if names else list(SCENARIOS.values())
    if seconds is not None:
        return [scenario.lasting(seconds) for scenario in chosen]
    return chosen if full else [each.lasting(DEMO_SECONDS[each.name]) for each in chosen]


def _run(plan: Plan, folder: Path, console: Console) -> Results:
    with LiveView(console) as view:
        run = DemoRun(
            plan,
            folder,
            deploy=partial(deploy, project=ROOT),
            view=view,
            save=lambda results: write_results(results, folder / RESULTS_FILE),
            emulator=emulator_version(),
            billed_config=lambda topology: _as_deployed(topology, plan.config),
            cold_start=measure_cold_start if plan.scale == FULL else None,
        )
        try:
            return run.run()
        except KeyboardInterrupt:
            _say_where(folder, console)
            raise typer.Exit(INTERRUPTED) from None
        except Exception:
            _say_where(folder, console)
            raise


def _as_deployed(topology: str, config: Mapping[str, str]) -> Mapping[str, str]:
    """Return what `pulumi up` would deploy: the lab itself runs on this machine's architecture."""
    known = named(topology)
    return read_stack(ROOT, known.deployed_as, {**config, **known.config}).own


def _say_where(folder: Path, console: Console) -> None:
    console.print(f"stopped; what was logged so far is in {folder}", soft_wrap=True)
    if (folder / RESULTS_FILE).exists():
        console.print(f"what was measured so far: lab report {folder}", soft_wrap=True)


def _publish(results: Results, folder: Path, console: Console) -> Path:
    console.print()
    print_results(console, results)
    return write_report(results, folder, list(DIFFERENCES))
