from __future__ import annotations

import pytest

from lab.measure.prices import Traffic, capacity_unit_hours


@pytest.mark.parametrize(
    "traffic",
    [
        Traffic(connections=25 * 3600, connected_seconds=0, http_bytes=0),
        Traffic(connections=0, connected_seconds=3_000 * 3600, http_bytes=0),
        Traffic(connections=0, connected_seconds=0, http_bytes=1e9),
    ],
)
def test_one_unit_serves_for_an_hour_what_aws_says_of_each_kind(traffic: Traffic) -> None:
    assert capacity_unit_hours(traffic) == pytest.approx(1)


def test_only_the_kind_that_needs_most_is_billed() -> None:
    """A connection an order weighs as much as 120 s of being open, or 11 KB."""
    new = 1 / 90_000
    assert capacity_unit_hours(Traffic(1, 119, 11_000)) == pytest.approx(new)
    assert capacity_unit_hours(Traffic(1, 121, 11_000)) == pytest.approx(121 / 10_800_000)
    assert capacity_unit_hours(Traffic(1, 119, 12_000)) == pytest.approx(12e-6)
