"""What the comparison tables show, used by terminal and page alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lab.results.model import Measures, Percentiles
from lab.results.scale import ScalePoint, ScaleResults
from terminal import numbers

Show = Callable[[Measures], str]
Unit = Callable[[float | None], str]
PercentilesOf = Callable[[Measures], Percentiles | None]


@dataclass(frozen=True)
class Row:
    """One measure: its name in `results.json`, what it means, and how it reads."""

    name: str
    meaning: str
    show: Show


def _percentile(of: PercentilesOf, which: str, unit: Unit) -> Show:
    def show(measures: Measures) -> str:
        values = of(measures)
        return unit(getattr(values, which) if values else None)

    return show


def _percentiles(name: str, meaning: str, of: PercentilesOf, unit: Unit) -> list[Row]:
    said = {"p50": "half", "p95": "95 %", "p99": "99 %"}
    return [
        Row(f"{name} {which}", f"{meaning}, {share} within", _percentile(of, which, unit))
        for which, share in said.items()
    ]


ROWS: tuple[Row, ...] = (
    Row("attempted", "orders sent", lambda m: numbers.count(m.attempted)),
    Row("accepted", "orders promised to a customer", lambda m: numbers.count(m.accepted)),
    Row("rejected", "refused (503)", lambda m: numbers.count(m.rejected)),
    Row("failed", "error or no answer", lambda m: numbers.count(m.failed)),
    Row(
        "accepted_per_second",
        "promises a second, first order to last answer",
        lambda m: numbers.decimal(m.accepted_per_second),
    ),
    *_percentiles("accept_ms", "answered", lambda m: m.accept_ms, numbers.milliseconds),
    Row("paid", "charged once and completed", lambda m: numbers.count(m.paid)),
    Row(
        "paid_per_second",
        "payments a second, first order to last settlement",
        lambda m: numbers.decimal(m.paid_per_second),
    ),
    *_percentiles(
        "time_to_paid_seconds", "paid", lambda m: m.time_to_paid_seconds, numbers.seconds
    ),
    Row("peak_backlog", "most orders open concurrently", lambda m: numbers.count(m.peak_backlog)),
    Row(
        "drain_seconds",
        "last promise to last settlement",
        lambda m: numbers.seconds(m.drain_seconds),
    ),
    Row("lost", "promised and never settled", lambda m: numbers.count(m.lost)),
    Row("duplicates", "charged more than once", lambda m: numbers.count(m.duplicates)),
    Row("oversold", "units sold beyond the stock", lambda m: numbers.count(m.oversold)),
    Row(
        "api_calls_per_order",
        "requests to AWS for one order",
        lambda m: numbers.decimal(m.api_calls_per_order),
    ),
    Row(
        "dollars_per_million_orders",
        "bill of a month with one million orders",
        lambda m: numbers.dollars(m.dollars_per_million_orders),
    ),
)


@dataclass(frozen=True)
class Column:
    """One figure: its heading, what it means, how it reads, and what theory says about it."""

    heading: str
    meaning: str
    show: Callable[[ScalePoint], str]
    theory: Callable[[ScalePoint], str] = lambda _: ""


COLUMNS = (
    Column("workers", "concurrent payments", lambda p: numbers.count(p.workers)),
    Column("accepted", "orders promised", lambda p: numbers.count(p.sale.accepted)),
    Column(
        "backlog",
        "most orders open concurrently, waiting and in work",
        lambda p: numbers.count(p.sale.peak_backlog),
        lambda p: numbers.count(p.sale.predicted.peak_backlog),
    ),
    Column(
        "waiting",
        "most that waited concurrently: the queue's visible messages",
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


def sale_name(results: ScaleResults) -> str:
    """Return which sale it was."""
    point = results.points[0]
    seconds = numbers.plain(point.sale.duration_seconds)
    payment = numbers.plain(point.payment_seconds)
    return f"flash sale: {point.sale.users} customers, {seconds} s, payments of {payment} s"
