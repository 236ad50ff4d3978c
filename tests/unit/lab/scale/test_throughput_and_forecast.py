from __future__ import annotations

import pytest

from lab.measure.backlog import Backlog
from lab.measure.littles_law import Stations
from lab.measure.sampler import Reading
from lab.scale.evaluate import forecast, longest_wait, settled_per_second


def readings(*waiting: int) -> list[Reading]:
    return [Reading(float(at), Backlog(n, 1), 10.0, 100.0) for at, n in enumerate(waiting)]


def rounds(workers: int, seconds: float, count: int, delay: float = 0.0) -> list[float]:
    """When workers settle that all begin together: all of them at once, a round apart."""
    return [(number + 1) * (seconds + delay) for number in range(count) for _ in range(workers)]


def test_workers_that_lose_no_time_reach_the_limit_wherever_the_window_ends() -> None:
    for length in range(40, 46):
        throughput = settled_per_second(
            rounds(7, 3, 30), readings(*[5] * length), workers=7, payment_seconds=3
        )
        assert throughput == pytest.approx(7 / 3)


def test_time_lost_between_two_payments_shows_in_the_throughput() -> None:
    throughput = settled_per_second(
        rounds(7, 3, 30, delay=0.3), readings(*[5] * 60), workers=7, payment_seconds=3
    )
    assert throughput == pytest.approx(7 / 3.3)


def test_what_is_settled_when_no_order_waits_does_not_count() -> None:
    fast, slow = rounds(2, 3, 10), [40 + 10 * n for n in range(10)]
    throughput = settled_per_second(
        [*fast, *slow], readings(*[5] * 31, *[0] * 100), workers=2, payment_seconds=3
    )
    assert throughput == pytest.approx(2 / 3)


@pytest.mark.parametrize("waiting", [[], [0] * 60, [1] * 5 + [0] * 60])
def test_without_enough_waiting_there_is_no_throughput(waiting: list[int]) -> None:
    moments = rounds(2, 3, 20)
    assert settled_per_second(moments, readings(*waiting), workers=2, payment_seconds=3) is None


def test_the_longest_of_several_waits_counts() -> None:
    assert longest_wait(readings(0, 1, 1, 0, 1, 1, 1, 1, 0, 1)) == (4.0, 7.0)
    assert longest_wait(readings(0, 0)) is None


def test_the_remainder_of_a_drain_is_what_waits_at_the_workers_throughput_and_one_payment() -> None:
    left = forecast((240.0, 2_000, 20), 60.0, Stations(20, 3.0))
    assert left.curve == [(240.0, 2_000.0), (540.0, 0.0)]
    assert left.drain_seconds == pytest.approx(540 + 3 - 60)
    assert (left.second, left.waiting, left.in_work) == (240.0, 2_000, 20)


def test_where_nothing_waits_only_the_last_payment_is_left() -> None:
    left = forecast((100.0, 0, 3), 60.0, Stations(20, 3.0))
    assert left.curve == [(100.0, 0.0), (100.0, 0.0)]
    assert left.drain_seconds == pytest.approx(43)


def test_payments_that_take_no_time_leave_no_remainder() -> None:
    assert forecast((10.0, 5, 0), 10.0, Stations(20, 0.0)).drain_seconds == 0
