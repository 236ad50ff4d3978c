"""How fast the workers settled orders while more waited than they could take."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from statistics import fmean

from lab.measure.sampler import Reading


def settled_per_second(
    settlements: Iterable[float],
    readings: Sequence[Reading],
    *,
    workers: int,
    payment_seconds: float,
) -> float | None:
    """Return orders settled a second while orders waited, or None when too few did.

    Each worker settles one order a round, so a settlement comes one round after the one `workers`
    before it: the mean round is not blurred by how many of them fall into the last second.
    """
    stretch = longest_wait(readings)
    if stretch is None:
        return None
    began, ended = stretch
    within = sorted(at for at in settlements if began + payment_seconds <= at <= ended)
    if len(within) < 2 * workers:
        return None
    later = within[workers:]
    seconds = fmean(at - before for before, at in zip(within, later, strict=False))
    return workers / seconds if seconds else None


def longest_wait(readings: Sequence[Reading]) -> tuple[float, float] | None:
    """Return the first and last reading, as epoch seconds, of the longest time that orders waited.

    While orders wait, no worker is idle.
    """
    stretches = [
        [reading.at for reading in group]
        for waits, group in groupby(readings, key=lambda reading: reading.backlog.waiting > 0)
        if waits
    ]
    if not stretches:
        return None
    longest = max(stretches, key=lambda moments: moments[-1] - moments[0])
    return longest[0], longest[-1]
