from __future__ import annotations

import pytest

from sqs_consumer.throttle import (
    BRAKE_BASE_SECONDS,
    BRAKE_CAP_SECONDS,
    FAILURES_TO_BRAKE,
    LONGEST_LINGER_SECONDS,
    SHORTEST_LINGER_SECONDS,
    Pace,
)


def braking() -> Pace:
    pace = Pace()
    for _ in range(FAILURES_TO_BRAKE):
        pace.failed()
    return pace


def test_receives_are_full_handfuls_and_wait_for_nothing_while_work_succeeds() -> None:
    pace = Pace()
    pace.failed()
    pace.handled(3)
    assert (pace.most, pace.pause_seconds()) == (10, 0)


def test_after_many_failures_and_no_success_one_message_at_a_time_is_tried() -> None:
    assert braking().most == 1


def test_one_success_lifts_the_brake() -> None:
    pace = braking()
    pace.handled(3)
    assert (pace.most, pace.pause_seconds()) == (10, 0)


def test_pauses_grow_with_each_try_up_to_a_cap_and_begin_anew_after_a_success() -> None:
    pace = braking()
    pauses = [pace.pause_seconds() for _ in range(200)]
    assert pauses[0] <= BRAKE_BASE_SECONDS
    assert BRAKE_CAP_SECONDS * 0.9 < max(pauses) <= BRAKE_CAP_SECONDS
    pace.handled(3)
    for _ in range(FAILURES_TO_BRAKE):
        pace.failed()
    assert pace.pause_seconds() <= BRAKE_BASE_SECONDS


@pytest.mark.parametrize(
    ("handling_seconds", "linger_seconds"),
    [(0.0, SHORTEST_LINGER_SECONDS), (3.0, 0.006), (600.0, LONGEST_LINGER_SECONDS)],
)
def test_longer_work_lingers_longer_for_company_within_limits(
    handling_seconds: float, linger_seconds: float
) -> None:
    pace = Pace()
    for _ in range(100):
        pace.handled(handling_seconds)
    assert pace.linger_seconds == pytest.approx(linger_seconds, rel=0.01)
