"""The results of `lab demo` and `lab scale` in the terminal."""

from __future__ import annotations

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from lab.report.cold_start import COLUMNS as COLD_COLUMNS
from lab.report.cold_start import cold_start_table
from lab.report.rows import COLUMNS, ROWS, Column, sale_name
from lab.report.scale_verdict import scale_verdict
from lab.report.verdict import Verdict, sales, scenario_names, verdict
from lab.results.cold_start import ColdStart
from lab.results.model import Results, ScenarioResult
from lab.results.scale import ScalePoint, ScaleResults
from lab.topologies import named
from terminal import numbers


def print_results(console: Console, results: Results) -> None:
    """Print one table a scenario and the verdict."""
    for scenario in scenario_names(results):
        compared = sales(results, scenario)
        console.print(_sale_title(scenario, next(iter(compared.values()))))
        console.print(scenario_table(compared))
    if results.cold_start is not None:
        print_cold_start(console, results.cold_start)
    console.print(verdict_text(verdict(results)))


def _sale_title(scenario: str, sale: ScenarioResult) -> Text:
    seconds = numbers.plain(sale.duration_seconds)
    title = Text(f"{scenario} sale: {sale.users} users, {seconds} s", "bold")
    return title.append(" (predicted by Little's law in brackets)", "not bold dim")


def scenario_table(compared: dict[str, ScenarioResult]) -> Table:
    """Return measured figures, what Little's law predicts dimmed beside them."""
    table = Table(header_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("measure", no_wrap=True)
    for topology in compared:
        table.add_column(Text(topology, named(topology).terminal), justify="right", no_wrap=True)
    for row in ROWS:
        cells = [_sale_cell(row.show(sale), row.show(sale.predicted)) for sale in compared.values()]
        table.add_row(row.name, *cells)
    return table


def _sale_cell(measured: str, predicted: str) -> Text:
    text = Text(measured)
    if predicted != numbers.MISSING:
        text.append(f" ({predicted})", "dim")
    return text


def print_cold_start(console: Console, measured: ColdStart) -> None:
    """Print the table by memory size and what is behind it."""
    said = cold_start_table(measured)
    table = Table(header_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for number, column in enumerate(COLD_COLUMNS):
        table.add_column(column, justify="right" if number else "left")
    for configured, cells in said.rows:
        table.add_row(*cells, style="bold" if configured else "")
    console.print(Text("cold starts of the function, by its memory", "bold"))
    console.print(table)
    for sentence in (said.measured, said.ready, said.theirs, said.limits):
        console.print(sentence)


def verdict_text(said: Verdict) -> RenderableType:
    """Return the verdict as text."""
    sentences = [Padding(Text(sentence), (0, 0, 0, 5)) for sentence in said.sentences]
    return Padding(Group(_headline(said.headline, passed=said.passed), *sentences), (1, 0))


def print_scale(console: Console, results: ScaleResults) -> None:
    """Print the table and the verdict."""
    if results.points:
        console.print(_scale_title(results))
        console.print(_scale_table(results))
    said = scale_verdict(results)
    console.print(Padding(_headline(said.headline, passed=said.passed), (1, 0)))


def _headline(text: str, *, passed: bool) -> Text:
    mark = Text("PASS ", "bold green") if passed else Text("FAIL ", "bold red")
    return mark.append(text, "bold")


def _scale_title(results: ScaleResults) -> Text:
    title = Text(sale_name(results), "bold")
    return title.append(" (below: predicted by Little's law)", "not bold dim")


def _scale_table(results: ScaleResults) -> Table:
    table = Table(header_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in COLUMNS:
        table.add_column(column.heading, justify="right", no_wrap=True)
    for point in results.points:
        table.add_row(*(_scale_cell(column, point) for column in COLUMNS))
    return table


def _scale_cell(column: Column, point: ScalePoint) -> Text:
    text, theory = Text(column.show(point)), column.theory(point)
    return text.append(f"\n{theory}", "dim") if theory else text
