from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.measure.statistics import logarithmic_histogram, nearest_rank, percentiles
from lab.results.model import Percentiles


@pytest.mark.parametrize(
    ("percent", "value"), [(1, 15), (5, 15), (30, 20), (40, 20), (50, 35), (99, 50), (100, 50)]
)
def test_nearest_rank_picks_measured_values(percent: float, value: float) -> None:
    assert nearest_rank([15, 20, 35, 40, 50], percent) == value


def test_percentiles_need_no_order_and_no_two_values() -> None:
    assert percentiles(range(100, 0, -1)) == Percentiles(p50=50, p95=95, p99=99)
    assert percentiles([7.0]) == Percentiles(p50=7, p95=7, p99=7)


def test_without_values_there_are_no_percentiles() -> None:
    assert percentiles([]) is None


@given(st.lists(st.floats(min_value=1e-3, max_value=1e5), min_size=1))
def test_a_histogram_counts_each_value_once_in_a_bin_that_holds_it(values: list[float]) -> None:
    bins = logarithmic_histogram(values)
    assert sum(count for _, _, count in bins) == len(values)
    lowest, highest = bins[0][0], bins[-1][1]
    assert lowest <= min(values) * 1.0001
    assert highest >= max(values) * 0.9999
    assert all(low < high for low, high, _ in bins)


def test_zero_has_no_place_on_a_logarithmic_axis() -> None:
    [(low, high, count)] = logarithmic_histogram([0.0, 10.0])
    assert (low, count) == (10.0, 1)
    assert high == pytest.approx(11.22, abs=0.01)
