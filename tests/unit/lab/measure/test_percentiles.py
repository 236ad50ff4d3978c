from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.measure.measures import logarithmic_histogram, percentiles
from lab.results.model import Percentiles


def test_a_percentile_is_a_measured_value() -> None:
    assert percentiles([15, 20, 35, 40, 50]) == Percentiles(p50=35, p95=50, p99=50)


@given(st.lists(st.floats(min_value=0, max_value=1e5), min_size=1, max_size=300))
def test_a_percentile_is_the_smallest_value_that_so_many_do_not_exceed(values: list[float]) -> None:
    found = percentiles(values)
    assert found is not None
    for percent, value in ((50, found.p50), (95, found.p95), (99, found.p99)):
        assert value is not None
        assert 100 * sum(each <= value for each in values) >= percent * len(values)
        assert 100 * sum(each < value for each in values) < percent * len(values)


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
