from __future__ import annotations

import pytest

from sqs_consumer.back_pressure import (
    FAILURES_TO_THROTTLE,
    LONGEST_LINGER_SECONDS,
    PAUSE_BASE_SECONDS,
    PAUSE_CAP_SECONDS,
    SHORTEST_LINGER_SECONDS,
    Throttle,
)


def throttling() -> Throttle:
    throttle = Throttle()
    for _ in range(FAILURES_TO_THROTTLE):
        throttle.failed()
    return throttle


def test_receives_are_full_handfuls_and_wait_for_nothing_while_work_succeeds() -> None:
    throttle = Throttle()
    throttle.failed()
    throttle.handled(3)
    assert (throttle.most, throttle.pause_seconds()) == (10, 0)


def test_after_many_failures_and_no_success_one_message_at_a_time_is_tried() -> None:
    assert throttling().most == 1


def test_one_success_lifts_the_brake() -> None:
    throttle = throttling()
    throttle.handled(3)
    assert (throttle.most, throttle.pause_seconds()) == (10, 0)


def test_pauses_grow_with_each_try_up_to_a_cap_and_begin_anew_after_a_success() -> None:
    throttle = throttling()
    pauses = [throttle.pause_seconds() for _ in range(200)]
    assert pauses[0] <= PAUSE_BASE_SECONDS
    assert PAUSE_CAP_SECONDS * 0.9 < max(pauses) <= PAUSE_CAP_SECONDS
    throttle.handled(3)
    for _ in range(FAILURES_TO_THROTTLE):
        throttle.failed()
    assert throttle.pause_seconds() <= PAUSE_BASE_SECONDS


@pytest.mark.parametrize(
    ("handling_seconds", "linger_seconds"),
    [(0.0, SHORTEST_LINGER_SECONDS), (3.0, 0.006), (600.0, LONGEST_LINGER_SECONDS)],
)
def test_longer_work_lingers_longer_for_company_within_limits(
    handling_seconds: float, linger_seconds: float
) -> None:
    throttle = Throttle()
    for _ in range(100):
        throttle.handled(handling_seconds)
    assert throttle.linger_seconds == pytest.approx(linger_seconds, rel=0.01)
