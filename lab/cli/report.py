"""`lab report DIR`: the report again, from results that were kept."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.differences import DIFFERENCES
from lab.report.page import write_report
from lab.report.scale_page import write_scale_page
from lab.report.terminal import print_results, print_scale
from lab.results.files import RESULTS_FILE, SCALE_FILE, read_results, read_scale
from terminal.console import make_console


def report(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR", help="A folder below build/results, or a results.json or scale.json."
        ),
    ],
) -> None:
    """Print the table and write the page and its plots again, of `lab demo` or `lab scale`."""
    console = make_console()
    target = folder if folder.is_dir() else folder.parent
    if _is_scale(folder):
        scaled = read_scale(folder)
        print_scale(console, scaled)
        path = write_scale_page(scaled, target)
    else:
        results = read_results(folder)
        print_results(console, results)
        path = write_report(results, target, list(DIFFERENCES))
    console.print(f"report   {path}", soft_wrap=True)


def _is_scale(folder: Path) -> bool:
    if folder.is_dir():
        return (folder / SCALE_FILE).exists() and not (folder / RESULTS_FILE).exists()
    return folder.name == SCALE_FILE
