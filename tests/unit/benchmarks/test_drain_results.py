from __future__ import annotations

import pytest

from benchmarks.drain_results import share_of_time_paying

PAYMENT_SECONDS = 3.0


def charges(workers: int, rounds: int, idle_seconds: float) -> list[float]:
    """Return when each worker's payments end, if it idles so long before each."""
    each = idle_seconds + PAYMENT_SECONDS
    return sorted(
        worker * each / workers + (turn + 1) * each
        for worker in range(workers)
        for turn in range(rounds)
    )


@pytest.mark.parametrize(("idle_seconds", "share"), [(0.0, 1.0), (0.03, 0.99), (3.0, 0.5)])
def test_the_share_is_that_of_the_time_in_which_each_worker_pays(
    idle_seconds: float, share: float
) -> None:
    measured = share_of_time_paying(charges(10, 20, idle_seconds), 10, PAYMENT_SECONDS, 4)
    assert measured == pytest.approx(share, abs=0.003)


def test_waves_of_all_workers_at_once_do_not_change_the_share() -> None:
    """A count of orders between two moments would: it depends on where in a wave those lie."""
    waves = [3.06 * (turn + 1) + worker * 0.05 for turn in range(20) for worker in range(10)]
    measured = share_of_time_paying(sorted(waves), 10, PAYMENT_SECONDS, 4)
    assert measured == pytest.approx(3 / 3.06, abs=0.003)


def test_a_pause_of_all_workers_is_seen() -> None:
    steady = charges(10, 20, 0.0)
    paused = [at if at < 30 else at + 6 for at in steady]
    measured = share_of_time_paying(paused, 10, PAYMENT_SECONDS, 4)
    assert measured < 0.9
