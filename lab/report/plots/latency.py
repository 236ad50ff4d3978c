"""Answered and paid: how long customers waited for a promise, and how long for the payment."""

from __future__ import annotations

import math

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

from lab.report.plots.canvas import canvas
from lab.report.plots.colours import FAINT, series
from lab.results.model import Bin, Percentiles, ScenarioResult
from terminal import numbers

ROW_HEIGHT = 0.62
FASTEST_SECONDS = 0.001


def latency_plot(compared: dict[str, ScenarioResult], *, narrow: bool) -> Figure:
    """Draw one row a topology on a logarithmic time axis: filled is answered, outlined is paid."""
    with canvas(narrow=narrow) as (figure, axes):
        for row, (topology, sale) in enumerate(reversed(compared.items())):
            answered = [(low / 1000, high / 1000, n) for low, high, n in sale.accept_ms_histogram]
            _hump(axes, answered, row, topology, filled=True)
            _hump(axes, sale.time_to_paid_histogram, row, topology, filled=False)
            _name(axes, topology, row)
            _medians(axes, sale, row)
        _frame(axes, compared)
        if not narrow:
            axes.set_xlabel("time since the customer's click, each step ten times longer")
        return figure


def _hump(axes: Axes, bins: list[Bin], row: int, topology: str, *, filled: bool) -> None:
    if not bins:
        return
    colour = series(topology).light
    highest = max(n for _, _, n in bins)
    edges: list[float] = []
    heights: list[float] = []
    for low, high, n in bins:
        if edges and not math.isclose(edges[-1], low, rel_tol=1e-4):
            edges += [edges[-1], low]
            heights += [row, row]
        edges += [low, high]
        heights += [row + ROW_HEIGHT * n / highest] * 2
    edges, heights = [edges[0], *edges, edges[-1]], [row, *heights, row]
    if filled:
        axes.fill_between(edges, heights, row, color=colour, alpha=0.85, linewidth=0)
    else:
        axes.plot(edges, heights, color=colour, linewidth=1.4)


def _name(axes: Axes, topology: str, row: int) -> None:
    axes.annotate(
        topology,
        (0, row + ROW_HEIGHT),
        xycoords=("axes fraction", "data"),
        xytext=(0, 3),
        textcoords="offset points",
        color=series(topology).light,
        fontweight="bold",
        va="bottom",
    )


def _medians(axes: Axes, sale: ScenarioResult, row: int) -> None:
    answered, paid = _median(sale.accept_ms, 1000), _median(sale.time_to_paid_seconds, 1)
    if answered is None or paid is None:
        return
    if paid < answered * 1.5:
        _note(axes, paid, row, f"answered and paid: {numbers.seconds(paid)}", "right")
        return
    _note(axes, answered, row, f"answered: {numbers.seconds(answered)}", "center")
    _note(axes, paid, row, f"paid: {numbers.seconds(paid)}", "center")


def _median(values: Percentiles | None, unit: float) -> float | None:
    return None if values is None or values.p50 is None else values.p50 / unit


def _note(axes: Axes, at: float, row: int, text: str, side: str) -> None:
    axes.annotate(
        text,
        (at, row),
        xytext=(0, -4),
        textcoords="offset points",
        color=FAINT.light,
        ha=side,
        va="top",
    )


def _frame(axes: Axes, compared: dict[str, ScenarioResult]) -> None:
    edges = [
        edge
        for sale in compared.values()
        for edge in (
            *(high / 1000 for _, high, _ in sale.accept_ms_histogram),
            *(high for _, high, _ in sale.time_to_paid_histogram),
        )
    ]
    axes.set_xscale("log")
    axes.set_xlim(FASTEST_SECONDS, max([*edges, 10.0]) * 1.6)
    axes.set_ylim(-0.26, len(compared) - 0.12)
    axes.yaxis.set_visible(False)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _tick(value)))
    axes.set_xlabel("time since the click")


def _tick(value: float) -> str:
    return f"{value:g} s" if value >= 1 else f"{value * 1000:g} ms"
