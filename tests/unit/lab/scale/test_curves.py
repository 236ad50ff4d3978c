from __future__ import annotations

import pytest

from lab.scale.curves import height, highest_by_phase, highest_readings, measured, whole
from lab.scale.model import ScaleResults

TENT = [(0.0, 0.0), (60.0, 600.0), (120.0, 0.0)]


@pytest.mark.parametrize(
    ("second", "expected"),
    [(-1, 0), (0, 0), (30, 300), (60, 600), (90, 300), (120, 0), (121, 0)],
)
def test_a_curve_is_straight_between_its_points_and_nothing_beyond(
    second: float, expected: float
) -> None:
    assert height(TENT, second) == pytest.approx(expected)


def test_a_curve_that_is_cut_off_keeps_its_last_height_only_at_its_end() -> None:
    cut = [(0.0, 0.0), (10.0, 5.0)]
    assert height(cut, 10.0) == 5.0
    assert height(cut, 10.1) == 0.0


def test_readings_once_a_minute_may_see_half_of_a_tent_that_is_two_minutes_wide() -> None:
    least, most = highest_readings(TENT)
    assert most == 600
    assert least == pytest.approx(300, abs=1)


def test_readings_once_a_minute_see_nearly_all_of_a_slow_curve() -> None:
    slow = [(0.0, 0.0), (60.0, 600.0), (60_060.0, 0.0)]
    assert highest_readings(slow)[0] == pytest.approx(600 - 0.6, abs=0.1)


def test_readings_once_a_minute_may_miss_a_short_spike_altogether() -> None:
    spike = [(0.0, 0.0), (5.0, 100.0), (10.0, 0.0)]
    by_phase = highest_by_phase(spike)
    assert min(by_phase) == 0
    seen = sum(highest > 0 for highest in by_phase) / len(by_phase)
    assert seen == pytest.approx(10 / 60, abs=0.01)


def test_the_measured_curve_ends_where_the_queue_is_empty(seeds: ScaleResults) -> None:
    drained = next(point for point in seeds.points if point.workers == 100)
    curve = measured(drained)
    assert curve[0] == (0.0, 0.0)
    assert curve[-1][1] == 0
    assert all(waiting for _, waiting in curve[-10:-1])
    assert whole(drained) == curve


def test_the_predicted_rest_begins_where_the_measured_curve_ends(seeds: ScaleResults) -> None:
    bounded = next(point for point in seeds.points if point.workers == 5)
    curve = whole(bounded)
    assert bounded.forecast is not None
    assert curve[-2] == bounded.forecast.curve[0]
    assert curve[-1][1] == 0
    seconds = [second for second, _ in curve[1:]]
    assert seconds == sorted(set(seconds))
