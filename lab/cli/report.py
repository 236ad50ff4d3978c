"""`lab report DIR`: the report again, from results that were kept."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lab.engine.differences import DIFFERENCES
from lab.report.page import write_report
from lab.report.table import make_console, print_results
from lab.results.files import read_results


def report(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A folder below build/results, or a results.json.")
    ],
) -> None:
    """Print the table and write report.html and its plots again from results.json."""
    results = read_results(folder)
    console = make_console()
    print_results(console, results)
    target = folder if folder.is_dir() else folder.parent
    console.print(f"report   {write_report(results, target, list(DIFFERENCES))}", soft_wrap=True)
