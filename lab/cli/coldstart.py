"""`lab coldstart`: what a start of the function costs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.deployment import deploy
from engine.program.config import parse_overrides, read_stack
from lab.cli.demo import RESULTS_FOLDER
from lab.coldstart.measure import RUNS, measure_cold_start
from lab.measure.machine import with_free_ports
from lab.report.live import LiveView
from lab.report.plots.plot import cold_start_sketch, make_plot
from lab.report.terminal import print_cold_start
from lab.results.files import to_json, write_results
from lab.topologies import SERVERLESS
from terminal.console import make_console
from terminal.files import check_writable, new_folder, write
from terminal.interrupts import interruptible
from terminal.project import ROOT

FILE = "cold_start.json"


def coldstart(
    *,
    runs: Annotated[int, typer.Option(min=1, max=100, help="Fresh processes to measure.")] = RUNS,
    config: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=VALUE", help="Stack configuration; may be repeated."),
    ] = None,
    json: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Write cold_start.json here as well.")
    ] = None,
) -> None:
    """Measure INIT, first and later orders of the function in fresh processes, and price them.

    Deploys the serverless stack on this machine, settles real orders in processes of the very
    function that it deployed, and draws time and cost by memory size.
    """
    overrides = parse_overrides(config or [])
    check_writable(json)
    console = make_console()
    folder = new_folder(RESULTS_FOLDER)
    billed = read_stack(ROOT, SERVERLESS.name, overrides).own
    with interruptible(), LiveView(console) as view:
        view.stage("bringing the stack up")
        context = deploy(
            SERVERLESS.name,
            project=ROOT,
            config=with_free_ports(overrides),
            run_dir=folder / "runs" / SERVERLESS.name,
            progress=view.stage,
        )
        with context as system:
            measured = measure_cold_start(system, billed, runs=runs, progress=view.stage)
    write_results(measured, folder / FILE)
    if json is not None:
        write(to_json(measured), json)
    print_cold_start(console, measured)
    make_plot(cold_start_sketch(measured), folder)
    console.print(f"plot     {folder / 'cold_start.png'}", soft_wrap=True)
    console.print(f"results  {folder / FILE}", soft_wrap=True)
