"""The laws, held against the figures that predecessors published."""

from __future__ import annotations

import pytest

from lab.load.scenarios import FLASH, MEAN_THINK_SECONDS, NORMAL, Scenario
from lab.measure.littles_law import (
    Stations,
    closed_response,
    closed_throughput,
    drain_time,
    in_service,
    orders_sent,
    peak_waiting,
    predict,
    waiting_room,
    waiting_time,
    workers_needed,
)
from tests.unit.lab.simulated import CONFIG, simulate

FIVE_SLOTS = Stations(slots=5, seconds=3)


def test_sixty_orders_a_second_of_three_seconds_need_180_workers() -> None:
    assert workers_needed(60, 3) == 180


@pytest.mark.parametrize(("workers", "rate"), [(1, 1 / 3), (20, 20 / 3), (100, 100 / 3)])
def test_workers_pay_one_order_each_payment_time(workers: int, rate: float) -> None:
    assert Stations(workers, 3).rate == pytest.approx(rate)


def test_twenty_customers_at_five_slots_get_five_orders_every_three_seconds() -> None:
    assert closed_throughput(20, MEAN_THINK_SECONDS, FIVE_SLOTS) == pytest.approx(5 / 3)
    assert closed_response(20, MEAN_THINK_SECONDS, FIVE_SLOTS) == pytest.approx(11.7)


def test_customers_who_find_a_free_slot_wait_for_the_payment_only() -> None:
    assert closed_throughput(5, MEAN_THINK_SECONDS, FIVE_SLOTS) == pytest.approx(5 / 3.3)
    assert closed_response(5, MEAN_THINK_SECONDS, FIVE_SLOTS) == pytest.approx(3)


def test_one_slot_serves_twenty_orders_a_minute() -> None:
    slot = Stations(slots=1, seconds=3)
    assert closed_throughput(20, MEAN_THINK_SECONDS, slot) * 60 == pytest.approx(20)


@pytest.mark.parametrize(
    ("workers", "published", "tolerance"),
    [(1, 3_420, 0.01), (5, 3_277, 0.03), (20, 2_579, 0.20), (100, 616, 1.40)],
)
def test_peaks_are_at_or_above_the_published_ones(
    workers: int, published: int, tolerance: float
) -> None:
    """CloudWatch reads once a minute: the more workers, the more a late reading misses."""
    peak = peak_waiting(57.5, Stations(workers, 3), 60)
    assert published <= peak <= published * (1 + tolerance)


def test_nobody_waits_where_the_workers_keep_up() -> None:
    assert peak_waiting(6, Stations(20, 3), 60) == 0
    assert drain_time(6, Stations(20, 3), 60) == 3


def test_a_backlog_drains_at_the_workers_rate() -> None:
    workers = Stations(20, 3)
    waiting = peak_waiting(60, workers, 60)
    assert drain_time(60, workers, 60) == pytest.approx(waiting / (20 / 3) + 3)


def test_who_orders_in_the_middle_of_the_sale_waits_half_as_long_for_a_worker() -> None:
    workers = Stations(20, 3)
    middle, end = (waiting_time(share, 60, workers, 60) - 3 for share in (0.5, 1))
    assert middle == pytest.approx(end / 2)


def test_serverless_pays_as_many_at_once_as_are_ordered_in_a_payment_time() -> None:
    everyone = Stations(None, 3)
    sale = Scenario("steady", users=20, duration_seconds=60, spawn_rate=20)
    assert in_service(sale, 20 / 58, everyone) == pytest.approx(58 * 3)
    assert in_service(sale, 20 / 58, Stations(20, 3)) == 20


def test_customers_order_at_once_and_then_every_cycle() -> None:
    sale = Scenario("steady", users=10, duration_seconds=33, spawn_rate=10)
    assert orders_sent(sale, think_seconds=0.3, response_seconds=3) == 105


def test_customers_who_never_entered_order_nothing() -> None:
    assert orders_sent(NORMAL.lasting(1), 0.3, 0.7) == 2


@pytest.mark.parametrize(
    ("change", "room"),
    [
        ({}, 95),
        ({"maxPending": "7"}, 7),
        ({"paymentSeconds": "50"}, 5),
        ({"paymentSeconds": "0"}, 10_000),
        ({"paymentSeconds": "0.001", "paymentConcurrency": "1000"}, 10_000),
    ],
)
def test_the_waiting_room_is_what_the_idle_timeout_leaves_time_for(
    change: dict[str, str], room: int
) -> None:
    assert waiting_room(CONFIG | change) == room


def test_sync_is_predicted_as_a_closed_network() -> None:
    theory = predict("sync", FLASH, CONFIG)
    assert theory.accepted_per_second == pytest.approx(5 / 3, rel=0.01)
    assert theory.accept_ms is not None
    assert theory.accept_ms.p50 == pytest.approx(11_700)
    assert theory.peak_backlog == pytest.approx(19.5)
    assert (theory.drain_seconds, theory.rejected, theory.lost) == (0, 0, 0)


def test_more_customers_than_the_waiting_room_holds_are_not_predicted_to_be_served() -> None:
    theory = predict("sync", FLASH, CONFIG | {"maxPending": "5"})
    assert theory.rejected is None
    assert theory.attempted is None


def test_async_is_predicted_as_an_open_queue() -> None:
    theory = predict("async", FLASH, CONFIG)
    assert theory.accepted_per_second == pytest.approx(58.8, abs=0.5)
    assert theory.peak_backlog == pytest.approx(3_150, rel=0.02)
    assert theory.drain_seconds == pytest.approx(473, rel=0.02)
    assert theory.accept_ms is None


def test_a_faster_answer_means_more_orders_and_a_longer_drain() -> None:
    slow, fast = (predict("async", FLASH, CONFIG, seconds) for seconds in (0.2, 0.01))
    assert (slow.accepted or 0) < (fast.accepted or 0)
    assert (slow.drain_seconds or 0) < (fast.drain_seconds or 0)


def test_serverless_is_predicted_to_pay_each_order_in_the_payment_time() -> None:
    theory = predict("serverless", FLASH, CONFIG)
    assert theory.time_to_paid_seconds is not None
    assert theory.time_to_paid_seconds.p99 == 3
    assert theory.peak_backlog == pytest.approx(177, abs=2)


@pytest.mark.parametrize("topology", ["sync", "async", "serverless"])
@pytest.mark.parametrize("sale", [NORMAL, FLASH, NORMAL.lasting(5), FLASH.lasting(10)])
def test_theory_and_a_simulated_sale_agree(topology: str, sale: Scenario) -> None:
    orders = simulate(topology, sale)
    mean_answer = sum(o.answered - o.sent for o in orders) / len(orders)
    theory = predict(topology, sale, CONFIG, mean_answer)
    drain = max(o.settled for o in orders) - max(o.answered for o in orders)
    assert theory.accepted == pytest.approx(len(orders), rel=0.1, abs=8)
    assert theory.drain_seconds == pytest.approx(drain, rel=0.1, abs=2)
