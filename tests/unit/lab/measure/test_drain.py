from __future__ import annotations

import pytest

from lab.measure.drain import DrainProgress, drain_limit, longest_redelivery, wait_for_drain
from tests.unit.lab.measure.fakes import Countdown


def test_a_drain_ends_when_every_source_is_empty() -> None:
    queue, table = Countdown(2, 1, 0), Countdown(1, 0)
    seen: list[DrainProgress] = []
    assert wait_for_drain([queue, table], limit_seconds=5, progress=seen.append, poll_seconds=0)
    assert [progress.backlog.total for progress in seen] == [2, 1, 1, 0]


def test_the_table_is_not_asked_while_the_queue_is_not_empty() -> None:
    queue, table = Countdown(9, 9, 0), Countdown(0)
    wait_for_drain([queue, table], limit_seconds=5, poll_seconds=0)
    assert (queue.asked, table.asked) == (3, 1)


def test_a_drain_that_does_not_end_is_given_up_at_its_limit() -> None:
    assert not wait_for_drain([Countdown(1)], limit_seconds=0.05, poll_seconds=0.01)


def test_a_dead_service_ends_the_wait() -> None:
    def check() -> None:
        raise RuntimeError("receiver-0 died")

    with pytest.raises(RuntimeError, match="receiver-0"):
        wait_for_drain([Countdown(1)], limit_seconds=5, check=check)


def test_the_limit_leaves_twice_the_predicted_time_and_a_minute() -> None:
    assert drain_limit(77.0) == 214.0
    assert drain_limit(None) == 60.0


@pytest.mark.parametrize(("topology", "seconds"), [("sync", 0), ("async", 90), ("serverless", 180)])
def test_an_order_that_comes_back_late_is_waited_for(topology: str, seconds: float) -> None:
    redelivery = longest_redelivery(topology, {"visibilityTimeoutSeconds": "90"})
    assert redelivery == seconds
    assert drain_limit(3.0, redelivery) == 6 + seconds + 60
