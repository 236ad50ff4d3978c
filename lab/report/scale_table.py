"""The figures of `lab scale`, a row a number of workers: for the terminal and the page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from lab.report.scale_verdict import scale_verdict
from lab.scale.model import ScalePoint, ScaleResults
from terminal import numbers


@dataclass(frozen=True)
class Column:
    """One figure: its heading, what it means, how it reads, and what theory says about it."""

    heading: str
    meaning: str
    show: Callable[[ScalePoint], str]
    theory: Callable[[ScalePoint], str] = lambda _: ""


COLUMNS = (
    Column("workers", "payments at once", lambda p: numbers.count(p.workers)),
    Column("accepted", "orders promised", lambda p: numbers.count(p.sale.accepted)),
    Column(
        "backlog",
        "most orders open at once, waiting and in work",
        lambda p: numbers.count(p.sale.peak_backlog),
        lambda p: numbers.count(p.sale.predicted.peak_backlog),
    ),
    Column(
        "waiting",
        "most that waited at once: the queue's visible messages",
        lambda p: numbers.count(p.peak_waiting),
        lambda p: numbers.count(p.predicted_peak_waiting),
    ),
    Column("published", "the predecessors' peak", lambda p: numbers.count(p.published_peak)),
    Column(
        "drain",
        "last promise to last settlement",
        lambda p: numbers.seconds(p.drain_seconds) + (" predicted" if p.forecast else ""),
        lambda p: numbers.seconds(p.sale.predicted.drain_seconds),
    ),
    Column(
        "paid/s",
        "orders settled a second while others waited",
        lambda p: numbers.decimal(p.settled_per_second),
        lambda p: numbers.decimal(p.limit_per_second),
    ),
    Column("of limit", "share of workers / payment time", lambda p: _percent(p.share_of_limit)),
)


def _percent(share: float | None) -> str:
    return numbers.MISSING if share is None else f"{share:.1%}"


def print_scale(console: Console, results: ScaleResults) -> None:
    """Print the table and the verdict."""
    if results.points:
        console.print(_title(results))
        console.print(_table(results))
    said = scale_verdict(results)
    mark = Text("PASS ", "bold green") if said.passed else Text("FAIL ", "bold red")
    console.print(Padding(mark.append(said.headline, "bold"), (1, 0)))


def _title(results: ScaleResults) -> Text:
    title = Text(sale_name(results), "bold")
    return title.append(" (below: predicted by Little's law)", "not bold dim")


def sale_name(results: ScaleResults) -> str:
    """Return which sale it was."""
    point = results.points[0]
    seconds = numbers.plain(point.sale.duration_seconds)
    payment = numbers.plain(point.payment_seconds)
    return f"flash sale: {point.sale.users} customers, {seconds} s, payments of {payment} s"


def _table(results: ScaleResults) -> Table:
    table = Table(header_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in COLUMNS:
        table.add_column(column.heading, justify="right", no_wrap=True)
    for point in results.points:
        table.add_row(*(_cell(column, point) for column in COLUMNS))
    return table


def _cell(column: Column, point: ScalePoint) -> Text:
    text, theory = Text(column.show(point)), column.theory(point)
    return text.append(f"\n{theory}", "dim") if theory else text
