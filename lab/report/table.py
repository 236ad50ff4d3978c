"""The results in the terminal."""

from __future__ import annotations

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from lab.report.rows import ROWS
from lab.report.verdict import Verdict, sales, verdict
from lab.results.model import Results, ScenarioResult
from terminal import numbers

COLOURS = {"sync": "dark_orange", "async": "dodger_blue1", "serverless": "green3"}


def print_results(console: Console, results: Results) -> None:
    """Print one table a scenario and the verdict."""
    for scenario in scenario_names(results):
        compared = sales(results, scenario)
        console.print(_title(scenario, next(iter(compared.values()))))
        console.print(scenario_table(compared))
    console.print(verdict_text(verdict(results)))


def scenario_names(results: Results) -> list[str]:
    """Return the scenarios of a run in the order in which they were run."""
    names = [name for topology in results.topologies.values() for name in topology.scenarios]
    return list(dict.fromkeys(names))


def _title(scenario: str, sale: ScenarioResult) -> Text:
    seconds = numbers.plain(sale.duration_seconds)
    title = Text(f"{scenario} sale: {sale.users} users, {seconds} s", "bold")
    return title.append(" (predicted by Little's law in brackets)", "not bold dim")


def scenario_table(compared: dict[str, ScenarioResult]) -> Table:
    """Return measured figures, what Little's law predicts dimmed beside them."""
    table = Table(header_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("measure", no_wrap=True)
    for topology in compared:
        table.add_column(Text(topology, COLOURS.get(topology, "")), justify="right", no_wrap=True)
    for row in ROWS:
        cells = [_cell(row.show(sale), row.show(sale.predicted)) for sale in compared.values()]
        table.add_row(row.name, *cells)
    return table


def _cell(measured: str, predicted: str) -> Text:
    text = Text(measured)
    if predicted != numbers.MISSING:
        text.append(f" ({predicted})", "dim")
    return text


def verdict_text(said: Verdict) -> RenderableType:
    """Return the verdict as text."""
    mark = Text("PASS ", "bold green") if said.passed else Text("FAIL ", "bold red")
    sentences = [Padding(Text(sentence), (0, 0, 0, 5)) for sentence in said.sentences]
    return Padding(Group(mark.append(said.headline, "bold"), *sentences), (1, 0))
