"""Curves of waiting orders, and what somebody sees of one who looks at it once a minute."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from operator import itemgetter

from lab.scale.model import Point, ScalePoint

MINUTE = 60.0
PHASES = 600


def measured(point: ScalePoint) -> list[Point]:
    """Return the measured curve of waiting orders, cut off where the queue has run empty."""
    points = [(0.0, 0.0), *((at, float(waiting)) for at, waiting, _ in point.sale.backlog)]
    last = max((index for index, (_, waiting) in enumerate(points) if waiting), default=0)
    return points[: last + 2]


def whole(point: ScalePoint) -> list[Point]:
    """Return the measured curve and, where it was left at the bound, its predicted rest."""
    return measured(point) + (point.forecast.curve[1:] if point.forecast else [])


def height(curve: Sequence[Point], second: float) -> float:
    """Return the curve's height between its points, 0 before the first and after the last."""
    index = bisect_right(curve, second, key=itemgetter(0))
    if index == 0 or (index == len(curve) and second > curve[-1][0]):
        return 0.0
    if index == len(curve):
        return curve[-1][1]
    (x0, y0), (x1, y1) = curve[index - 1], curve[index]
    return y0 + (y1 - y0) * (second - x0) / (x1 - x0)


def highest_by_phase(curve: Sequence[Point]) -> list[float]:
    """Return the highest of readings once a minute, for each moment of the minute they may fall on.

    On a curve that rises and falls once, it is one of the two readings around the peak.
    """
    top, _ = max(curve, key=itemgetter(1))
    phases = (top - MINUTE * step / PHASES for step in range(PHASES))
    return [max(height(curve, at), height(curve, at + MINUTE)) for at in phases]


def highest_readings(curve: Sequence[Point]) -> tuple[float, float]:
    """Return the least and the most that the highest of readings once a minute may be."""
    by_phase = highest_by_phase(curve)
    return min(by_phase), max(by_phase)
