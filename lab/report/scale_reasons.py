"""Why the published peaks and ours differ, worked out from the figures of both."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from lab.load.scenarios import FLASH
from lab.report.scale_published import not_the_workers, their_readings
from lab.scale.curves import highest_readings, whole
from lab.scale.model import ScalePoint, ScaleResults
from lab.scale.published import (
    ACCEPT_MS_RANGE,
    ACCEPTED_PER_SECOND,
    ACCEPTED_RANGE,
    PAYMENT_SECONDS,
    SALE_SECONDS,
    end_of_sale,
    like_theirs,
    published_readings,
)
from terminal import numbers


@dataclass(frozen=True)
class PeakRow:
    """The published peak with one number of workers beside arithmetic, and beside ours."""

    workers: str
    published: str
    arithmetic: str
    read_by_minute: str
    ours: str
    ours_read_by_minute: str


def peak_rows(results: ScaleResults) -> list[PeakRow]:
    """Return a row for each number of workers that has a published peak."""
    return [_row(point) for point in results.points if point.published_peak is not None]


def _row(point: ScalePoint) -> PeakRow:
    return PeakRow(
        workers=numbers.count(point.workers),
        published=numbers.count(point.published_peak),
        arithmetic=numbers.count(end_of_sale(point.workers)),
        read_by_minute=_between(*published_readings(point.workers)),
        ours=numbers.count(point.peak_waiting),
        ours_read_by_minute=_between(*highest_readings(whole(point))),
    )


def _between(least: float, most: float) -> str:
    return f"{numbers.count(least)} to {numbers.count(most)}"


def reasons(results: ScaleResults) -> list[str]:
    """Return why the peaks differ, one reason a paragraph."""
    listed = [point for point in results.points if point.published_peak is not None]
    if not listed:
        return []
    compared = [point for point in listed if like_theirs(point)]
    workers = sorted(point.workers for point in listed)
    ours = [_pace(compared), _our_readings(compared)] if compared else [_unlike(listed[0])]
    return [*ours, *their_readings(workers), *not_the_workers(workers)]


def _unlike(point: ScalePoint) -> str:
    sale = point.sale
    return (
        f"Another sale. Here {sale.users} customers shopped for "
        f"{numbers.plain(sale.duration_seconds)} s with payments of "
        f"{numbers.plain(point.payment_seconds)} s, there {FLASH.users} for "
        f"{numbers.plain(SALE_SECONDS)} s with payments of {numbers.plain(PAYMENT_SECONDS)} s: "
        "only a run of their sale can be held against their peaks."
    )


def _pace(points: Sequence[ScalePoint]) -> str:
    """What another pace of ordering does to the peaks; here customers are answered sooner."""
    rates = [(p.sale.accepted or 0) / p.sale.duration_seconds for p in points]
    answers = [p.sale.accept_ms.p50 for p in points if p.sale.accept_ms and p.sale.accept_ms.p50]
    more = [(rate - ACCEPTED_PER_SECOND) * SALE_SECONDS for rate in rates]
    slow, fast = (f"{each:g}" for each in ACCEPTED_RANGE)
    return (
        f"Pace. Our customers are answered within {_spread(answers, numbers.milliseconds)} "
        f"(median) instead of {ACCEPT_MS_RANGE[0]} to {ACCEPT_MS_RANGE[1]} ms, because no network "
        "lies between them, the service and the queue, and order again after the same pause: "
        f"{_spread(rates, numbers.decimal)} orders a second of the sale instead of {slow} to "
        f"{fast}. That alone moves each peak by {_spread(more, _signed)} orders."
    )


def _our_readings(points: Sequence[ScalePoint]) -> str:
    """What CloudWatch would have shown of our own curves."""
    soonest = min(points, key=lambda point: point.drain_seconds or math.inf)
    least, most = map(numbers.count, highest_readings(whole(soonest)))
    return (
        "Readings. Both count the queue's visible messages, but we look once a second and "
        "CloudWatch once a minute, and a peak that is soon over falls between two readings. Our "
        f"own curve with {numbers.plural(soonest.workers, 'worker')} would, read once a minute, "
        f"have peaked at anything from {least} to {most}, depending on when the readings fall."
    )


def _signed(value: float | None) -> str:
    return numbers.MISSING if value is None else f"{value:+,.0f}"


def _spread(values: Sequence[float], show: numbers.Show) -> str:
    """Return `a` or `a to b`."""
    if not values:
        return numbers.MISSING
    return " to ".join(dict.fromkeys((show(min(values)), show(max(values)))))
