"""Percentiles and histograms, by definitions that fit in a sentence."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence

from lab.results.model import Bin, Percentiles

BINS_PER_DECADE = 20


def nearest_rank(ordered: Sequence[float], percent: float) -> float:
    """Return the smallest value that at least `percent` of all values do not exceed.

    Args:
        ordered: the values, ascending, at least one.
        percent: above 0, at most 100.
    """
    rank = math.ceil(percent / 100 * len(ordered))
    return ordered[rank - 1]


def percentiles(values: Iterable[float]) -> Percentiles | None:
    """Return the nearest-rank percentiles, or None without values."""
    ordered = sorted(values)
    if not ordered:
        return None
    p50, p95, p99 = (nearest_rank(ordered, percent) for percent in (50, 95, 99))
    return Percentiles(p50=p50, p95=p95, p99=p99)


def logarithmic_histogram(values: Iterable[float]) -> list[Bin]:
    """Count positive values in bins of equal width on a logarithmic axis, empty bins left out."""
    counts = Counter(
        math.floor(math.log10(value) * BINS_PER_DECADE) for value in values if value > 0
    )
    return [(_edge(index), _edge(index + 1), counts[index]) for index in sorted(counts)]


def _edge(index: int) -> float:
    return float(10 ** (index / BINS_PER_DECADE))
