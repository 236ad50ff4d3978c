from __future__ import annotations

from lab.scale.model import ScaleResults


def test_the_measured_curve_ends_where_the_queue_is_empty(seeds: ScaleResults) -> None:
    drained = next(point for point in seeds.points if point.workers == 100)
    curve = drained.measured_curve()
    assert curve[0] == (0.0, 0.0)
    assert curve[-1][1] == 0
    assert all(waiting for _, waiting in curve[-10:-1])
    assert drained.curve() == curve


def test_the_predicted_rest_begins_where_the_measured_curve_ends(seeds: ScaleResults) -> None:
    bounded = next(point for point in seeds.points if point.workers == 5)
    curve = bounded.curve()
    assert bounded.forecast is not None
    assert curve[-2] == bounded.forecast.curve[0]
    assert curve[-1][1] == 0
    seconds = [second for second, _ in curve[1:]]
    assert seconds == sorted(set(seconds))
