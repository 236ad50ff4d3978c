"""The spike and the drain: open orders over time, one line a topology."""

from __future__ import annotations

import math
from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lab.report.plots.canvas import canvas
from lab.report.plots.colours import FAINT, INK, SHADE, series
from lab.results.model import ScenarioResult
from lab.topologies import PaidBy, named
from terminal import numbers

Point = tuple[float, float]
SETTLED_MARGIN = 1.06
# What a label takes of the height, with a little air.
LINE_SHARE = 0.06


def backlog_plot(compared: dict[str, ScenarioResult], *, narrow: bool) -> Figure:
    """Draw measured lines solid and Little's law dotted; the sale itself is shaded."""
    with canvas(narrow=narrow) as (figure, axes):
        sale_seconds = max(sale.duration_seconds for sale in compared.values())
        axes.axvspan(0, sale_seconds, color=SHADE.light, linewidth=0)
        for topology, sale in compared.items():
            _draw(axes, topology, sale)
        _frame(axes, compared, sale_seconds)
        heights = label_heights(
            {topology: _beside(topology, sale)[1] for topology, sale in compared.items()},
            least_gap=LINE_SHARE * axes.get_ylim()[1],
        )
        for topology, sale in compared.items():
            _label(axes, topology, sale, heights[topology], narrow=narrow)
        return figure


def measured(sale: ScenarioResult) -> list[Point]:
    """Return (second, open orders), cut off where the drain is over."""
    points = [(0.0, 0.0), *((at, float(waiting + work)) for at, waiting, work in sale.backlog)]
    last_open = max((index for index, (_, open_) in enumerate(points) if open_), default=0)
    return points[: last_open + 2]


def predicted(topology: str, sale: ScenarioResult) -> list[Point]:
    """Return the corners of the curve that Little's law draws for this sale."""
    theory, ended = sale.predicted, sale.duration_seconds
    stay = theory.time_to_paid_seconds.p50 if theory.time_to_paid_seconds else None
    if theory.peak_backlog is None or theory.drain_seconds is None or stay is None:
        return []
    if named(topology).paid_by is PaidBy.PROCESSOR and theory.drain_seconds > stay:
        return [(0, 0), (ended, theory.peak_backlog), (ended + theory.drain_seconds, 0)]
    arrival = sale.users / sale.spawn_rate if named(topology).answers_when_paid else stay
    rise = min(arrival, ended)
    return [(0, 0), (rise, theory.peak_backlog), (ended, theory.peak_backlog), (ended + stay, 0)]


def _draw(axes: Axes, topology: str, sale: ScenarioResult) -> None:
    colour = series(topology).light
    axes.plot(*_columns(measured(sale)), color=colour, linewidth=2.4, solid_joinstyle="round")
    # On top and in ink: where theory is right, its line would vanish behind the measured one.
    theory = _columns(predicted(topology, sale))
    axes.plot(*theory, color=INK.light, linewidth=1.1, linestyle=(0, (1, 2.5)), zorder=3)


def _columns(points: list[Point]) -> tuple[list[float], list[float]]:
    return [x for x, _ in points], [y for _, y in points]


def _frame(axes: Axes, compared: dict[str, ScenarioResult], sale_seconds: float) -> None:
    curves = [
        point
        for topology, sale in compared.items()
        for point in (*measured(sale), *predicted(topology, sale))
    ]
    axes.set_xlim(0, max(x for x, _ in curves) * SETTLED_MARGIN)
    axes.set_ylim(0, max(1, *(y for _, y in curves)) * 1.16)
    axes.grid(axis="y")
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("seconds since the sale began")
    axes.set_title("open orders", loc="left", fontsize=10.5, color=FAINT.light)
    top = axes.get_ylim()[1]
    axes.text(sale_seconds / 2, top * 0.985, "sale", ha="center", va="top", color=FAINT.light)


def label_heights(wanted: Mapping[str, float], *, least_gap: float) -> dict[str, float]:
    """Return where each label stands: as wanted, or so far above the next lower one."""
    heights: dict[str, float] = {}
    below = -math.inf
    for name in sorted(wanted, key=wanted.__getitem__):
        below = heights[name] = max(wanted[name], below + least_gap)
    return heights


def _beside(topology: str, sale: ScenarioResult) -> Point:
    """Return the point that a line's label stands beside: its highest, of sync its end.

    The waiting customers of sync are few and stay long: their peak lies under the other lines.
    """
    curve = measured(sale)
    if named(topology).answers_when_paid:
        return max((x for x, y in curve if y), default=0.0), curve[-1][1]
    return max(curve, key=lambda point: point[1])


def _label(axes: Axes, topology: str, sale: ScenarioResult, height: float, *, narrow: bool) -> None:
    """Write the line's name and peak."""
    peak = max(y for _, y in measured(sale))
    text = f"{topology}: {numbers.count(peak)} at the peak"
    if narrow:
        text = f"{topology}: {numbers.count(peak)}"
    axes.annotate(
        text,
        (_beside(topology, sale)[0], height),
        xytext=(9, 3),
        textcoords="offset points",
        color=series(topology).light,
        fontweight="bold",
        va="bottom",
    )
