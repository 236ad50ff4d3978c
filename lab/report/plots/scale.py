"""The backlog by number of workers: measured, predicted beyond, and the published peaks."""

from __future__ import annotations

import math
from itertools import pairwise

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from lab.published import like_theirs
from lab.report.plots.canvas import canvas
from lab.report.plots.colours import FAINT, SHADE, line
from lab.results.scale import Point, ScalePoint, ScaleResults
from terminal import numbers

TICKS = {
    **{float(n): f"{n} s" for n in (1, 2, 5, 10, 20)},
    **{60.0 * n: f"{n} min" for n in (1, 2, 5, 10, 30)},
    **{3600.0 * n: f"{n} h" for n in (1, 3, 10, 30)},
}
NARROW_TICKS = frozenset({1.0, 5.0, 60.0, 300.0, 1800.0, 10_800.0})
# The axis begins where a sale has hardly begun and leaves room for the names at its end.
FIRST_SHARE_OF_SALE = {"wide": 1 / 12, "narrow": 1 / 24}
ROOM_FOR_NAMES = 4.5
DASHES = (0, (3.5, 2.2))
DOTS = (0, (1, 2.5))
# Names stand half-way down the flanks, or one above the other where flanks are closer than this.
HALF_WAY = 0.5
ROOM_BETWEEN_FLANKS = 3.0
LABEL_GAP = 0.062
# A line below this share of the plot lies on the axis: no name fits beside it.
FLAT_SHARE = 0.03


def scale_plot(results: ScaleResults, *, narrow: bool) -> Figure:
    """Draw one line a number of workers on a logarithmic time axis, the sale shaded."""
    with canvas(narrow=narrow) as (figure, axes):
        sale_seconds = max(point.sale.duration_seconds for point in results.points)
        _frame(axes, results, sale_seconds, narrow=narrow)
        for index, point in enumerate(results.points):
            _draw(axes, point, line(index).light)
        _published(axes, results, sale_seconds)
        _names(axes, results, narrow=narrow)
        return figure


def published_marks(results: ScaleResults) -> list[tuple[int, int]]:
    """Return (index, published peak) of the points whose sale was like the published one."""
    return [
        (index, point.published_peak)
        for index, point in enumerate(results.points)
        if point.published_peak is not None and like_theirs(point.sale, point.payment_seconds)
    ]


def spread(heights: list[float], gap: float) -> list[float]:
    """Return the heights, pushed upwards where two are closer than the gap."""
    placed: dict[int, float] = {}
    floor = -math.inf
    for index in sorted(range(len(heights)), key=heights.__getitem__):
        placed[index] = max(heights[index], floor)
        floor = placed[index] + gap
    return [placed[index] for index in range(len(heights))]


def flank(curve: list[Point], share: float) -> Point:
    """Return the last place at which a curve is that share of its peak high."""
    wanted = share * _peak(curve)
    for (x0, y0), (x1, y1) in reversed(list(pairwise(curve))):
        if y0 >= wanted >= y1 and y0 > y1:
            return x0 + (x1 - x0) * (y0 - wanted) / (y0 - y1), wanted
    return curve[-1][0], wanted


def name_shares(flanks: list[float]) -> list[float]:
    """Return how far up its flank each name stands: all half-way where there is room for that."""
    order = sorted(range(len(flanks)), key=flanks.__getitem__)
    roomy = all(b >= a * ROOM_BETWEEN_FLANKS for a, b in pairwise(sorted(flanks)))
    if roomy:
        return [HALF_WAY] * len(flanks)
    return [(order.index(index) + 1) / (len(flanks) + 1) for index in range(len(flanks))]


def _draw(axes: Axes, point: ScalePoint, colour: str) -> None:
    axes.plot(
        *_columns(point.measured_curve()), color=colour, linewidth=2.4, solid_joinstyle="round"
    )
    if point.forecast:
        predicted = _dense(point.forecast.curve)
        axes.plot(*_columns(predicted), color=colour, linewidth=1.8, linestyle=DASHES)


def _dense(curve: list[Point], steps: int = 60) -> list[Point]:
    """Return points in between: a straight line is bent on a logarithmic axis."""
    (x0, y0), (x1, y1) = curve[0], curve[-1]
    places = [x0 * (x1 / x0) ** (step / steps) for step in range(steps + 1)]
    return [(x, y0 + (y1 - y0) * (x - x0) / (x1 - x0)) for x in places] if x1 > x0 else curve


def _columns(points: list[Point]) -> tuple[list[float], list[float]]:
    return [x for x, _ in points], [y for _, y in points]


def _frame(axes: Axes, results: ScaleResults, sale_seconds: float, *, narrow: bool) -> None:
    curves = [each for point in results.points for each in point.curve()]
    first = sale_seconds * FIRST_SHARE_OF_SALE["narrow" if narrow else "wide"]
    last = max(x for x, _ in curves) * ROOM_FOR_NAMES
    top = max(1.0, *(y for _, y in curves)) * 1.14
    axes.set_xscale("log")
    axes.set_xlim(first, last)
    axes.set_ylim(0, top)
    axes.axvspan(first, sale_seconds, color=SHADE.light, linewidth=0)
    axes.text(sale_seconds * 0.96, top * 0.985, "sale", ha="right", va="top", color=FAINT.light)
    if any(point.forecast for point in results.points):
        text = axes.text(last, top * 0.985, "dashed: predicted", color=FAINT.light)
        text.set(ha="right", va="top")
    axes.grid(axis="y")
    axes.spines["left"].set_visible(False)
    shown = [at for at in TICKS if first <= at <= last and (not narrow or at in NARROW_TICKS)]
    axes.xaxis.set_major_locator(FixedLocator(shown))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda at, _: TICKS.get(at, "")))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: numbers.count(value)))
    axes.set_xlabel("time since the sale began, on a logarithmic axis")
    axes.set_title("orders waiting for a worker", loc="left", fontsize=10.5, color=FAINT.light)


def _names(axes: Axes, results: ScaleResults, *, narrow: bool) -> None:
    """Write each line's name, and how long its drain takes, right of its falling flank."""
    top = axes.get_ylim()[1]
    curves = {index: point.curve() for index, point in enumerate(results.points)}
    high = [index for index, curve in curves.items() if _peak(curve) > FLAT_SHARE * top]
    shares = name_shares([flank(curves[index], HALF_WAY)[0] for index in high])
    roomy = set(shares) == {HALF_WAY}
    for index, share in zip(high, shares, strict=True):
        point = results.points[index]
        text = str(point.workers) if narrow else numbers.plural(point.workers, "worker")
        if roomy and not narrow:
            text += f"\n{numbers.seconds(point.drain_seconds)}"
        axes.annotate(
            text,
            flank(curves[index], share),
            xytext=(7, -5),
            textcoords="offset points",
            color=line(index).light,
            fontweight="bold",
            va="bottom",
        )
    flat = [str(results.points[index].workers) for index in curves if index not in high]
    if flat:
        said = f"{numbers.joined(flat)} workers: hardly any order waits"
        axes.text(axes.get_xlim()[1], top * FLAT_SHARE, said, ha="right", color=FAINT.light)


def _peak(curve: list[Point]) -> float:
    return max(y for _, y in curve)


def _published(axes: Axes, results: ScaleResults, sale_seconds: float) -> None:
    """Mark the published peaks at the sale's end, their figures at the left edge."""
    marks = published_marks(results)
    if not marks:
        return
    left, top = axes.get_xlim()[0] * 1.06, axes.get_ylim()[1]
    gap = LABEL_GAP * top
    places = spread([float(peak) for _, peak in marks], gap)
    for (index, peak), place in zip(marks, places, strict=True):
        colour = line(index).light
        ends = [left * 1.5, sale_seconds]
        axes.plot(ends, [place, peak], color=colour, linewidth=1.1, linestyle=DOTS)
        axes.plot([sale_seconds], [peak], marker="D", markersize=6.5, color=colour)
        axes.text(left, place, numbers.count(peak), color=colour, va="center")
    axes.text(left, max(places) + gap, "published", color=FAINT.light, va="center")
