"""The predecessors' worker scaling on AWS, and what arithmetic says about it."""

from __future__ import annotations

import math

from lab.load.scenarios import FLASH
from lab.measure.little import Stations, peak_waiting
from lab.scale.curves import MINUTE, highest_by_phase, highest_readings
from lab.scale.model import Point, ScalePoint

PUBLISHED_PEAKS = {1: 3_420, 5: 3_277, 20: 2_579, 100: 616}
"""Workers to the highest published number of visible messages."""
ACCEPTED_RANGE = (57.0, 58.0)
ACCEPTED_PER_SECOND = sum(ACCEPTED_RANGE) / 2
ACCEPT_MS_RANGE = (33, 41)
PAYMENT_SECONDS = 3.0
SALE_SECONDS = FLASH.duration_seconds
SYNC_SLOTS = 5
SYNC_PER_SECOND = 1.66
"""What five payment slots paid a second in the same sources: 5 / 3, so a payment took 3 s."""


def like_theirs(point: ScalePoint) -> bool:
    """Whether a sale had their customers, their length and their payments."""
    sale = point.sale
    theirs = (FLASH.users, FLASH.duration_seconds, FLASH.spawn_rate, PAYMENT_SECONDS)
    return (sale.users, sale.duration_seconds, sale.spawn_rate, point.payment_seconds) == theirs


def crew(workers: int) -> Stations:
    """Return their workers as payment slots."""
    return Stations(workers, PAYMENT_SECONDS)


def end_of_sale(workers: int, accepted_per_second: float = ACCEPTED_PER_SECOND) -> float:
    """Return the messages that wait at the end of the published sale: its highest point."""
    return peak_waiting(accepted_per_second, crew(workers), SALE_SECONDS)


def their_curve(workers: int) -> list[Point]:
    """Return the messages that waited in the published sale, by arithmetic."""
    peak = end_of_sale(workers)
    empty = SALE_SECONDS + peak / crew(workers).rate
    return [(0.0, 0.0), (SALE_SECONDS, peak), (empty, 0.0)]


def published_readings(workers: int) -> tuple[float, float]:
    """Return the least and the most that readings once a minute may show of the published sale."""
    return highest_readings(their_curve(workers))


def fitting_seconds(workers: int) -> float:
    """Return on how many of the minute's 60 seconds a reading leads to the published peak or less.

    0: no readings once a minute show so little; 60: none show more.
    """
    by_phase = highest_by_phase(their_curve(workers))
    fitting = sum(highest <= PUBLISHED_PEAKS[workers] for highest in by_phase)
    return MINUTE * fitting / len(by_phase)


def rate_that_fits(workers: int) -> float:
    """Return the accepted orders a second at which the published peak is the least reading.

    Readings once a minute of a sale of a minute show at least `T * (r - m)^2 / r`, where `m` is
    what the workers take a second; solved for `r`.
    """
    taken, half = crew(workers).rate, PUBLISHED_PEAKS[workers] / SALE_SECONDS / 2
    middle = taken + half
    return middle + math.sqrt(middle * middle - taken * taken)


def workers_it_would_take(workers: int) -> float:
    """Return how many workers would make the published peak the highest point itself."""
    return (ACCEPTED_PER_SECOND - PUBLISHED_PEAKS[workers] / SALE_SECONDS) * PAYMENT_SECONDS
