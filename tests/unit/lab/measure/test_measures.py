from __future__ import annotations

from dataclasses import replace

import pytest

from lab.load.records import Record
from lab.load.scenarios import FLASH
from lab.measure.audit import sale_of
from lab.measure.backlog import Backlog
from lab.measure.item_sizes import OrderBytes
from lab.measure.ledgers import Ledgers, Payment, StoredOrder
from lab.measure.logs import LogUsage
from lab.measure.measures import Observation, evaluate, usage
from lab.measure.sampler import Reading
from lab.results.model import Percentiles
from tests.unit.lab.simulated import CONFIG

BEGAN = 1_000.0


def record(order_id: str, sent: float, seconds: float, http_status: int | None = 202) -> Record:
    at = BEGAN + sent
    return Record(order_id, "flash", http_status, seconds * 1000, at, at + seconds)


def stored(order_id: str, sent: float, settled: float | None, **fields: object) -> StoredOrder:
    order = StoredOrder(
        order_id=order_id,
        status="COMPLETED" if settled is not None else "PENDING",
        created_at=BEGAN + sent,
        settled_at=None if settled is None else BEGAN + settled,
        total_cents=100,
        units={"A": 1},
    )
    return replace(order, **fields)  # type: ignore[arg-type]


def seen_sale() -> Observation:
    """Four customers: two paid at 4 and 12 s, one sold out at 6 s, one turned away."""
    records = [
        record("paid", 0.0, 0.1),
        record("late", 1.0, 0.3),
        record("gone", 2.0, 0.2),
        record("away", 3.0, 1.0, 503),
        record("cut", 3.5, 0.5, None),
    ]
    orders = [
        stored("paid", 0.0, 4.0),
        stored("late", 1.0, 12.0),
        stored("gone", 2.0, 6.0, status="FAILED", failure_reason="OUT_OF_STOCK"),
    ]
    payments = [
        Payment("paid", "paid", 100, "CHARGED"),
        Payment("late", "late", 100, "CHARGED"),
        Payment("gone", "gone", 100, "REFUNDED"),
    ]
    ledgers = Ledgers({o.order_id: o for o in orders}, payments, {"A": 8})
    return Observation(
        scenario=FLASH,
        sale=sale_of(records, {"A": 10}, ledgers),
        readings=[
            Reading(BEGAN - 1, Backlog(0, 0), 10.0, 900.0),
            Reading(BEGAN + 1, Backlog(1, 1), 50.0, 1_500.0, 80.0),
            Reading(BEGAN + 2, Backlog(1, 2), 70.0, 1_400.0, 90.0),
            Reading(BEGAN + 12, Backlog(0, 0), 20.0, 1_000.0),
        ],
        topology="async",
        config=CONFIG,
        drained=True,
        memory_before_mib=800.0,
        api_calls={"dynamodb:PutItem": 6, "sns:PublishBatch": 3},
        environments=6,
        logged=LogUsage(task_bytes_per_order=300.0),
    )


def test_orders_are_counted_by_what_their_customers_saw() -> None:
    result = evaluate(seen_sale())
    counted = (result.attempted, result.accepted, result.rejected, result.failed)
    assert counted == (5, 3, 1, 1)
    assert (result.paid, result.sold_out, result.declined) == (2, 1, 0)
    assert (result.lost, result.duplicates, result.oversold) == (0, 0, 0)


def test_rates_run_from_the_first_order_to_the_last_answer_or_settlement() -> None:
    result = evaluate(seen_sale())
    assert result.accepted_per_second == pytest.approx(3 / 4.0)
    assert result.paid_per_second == pytest.approx(2 / 12.0)


def test_latencies_are_those_of_accepted_orders_only() -> None:
    result = evaluate(seen_sale())
    assert result.accept_ms == Percentiles(p50=200, p95=300, p99=300)
    assert sum(count for _, _, count in result.accept_ms_histogram) == 3


def test_time_to_paid_runs_from_the_click_to_the_settlement_of_paid_orders() -> None:
    times = evaluate(seen_sale()).time_to_paid_seconds
    assert times is not None
    assert times.p50 == pytest.approx(4)
    assert times.p99 == pytest.approx(11)


def test_the_drain_runs_from_the_last_acceptance_to_the_last_settlement() -> None:
    assert evaluate(seen_sale()).drain_seconds == pytest.approx(12.0 - 2.2)


def test_a_sale_that_did_not_drain_has_no_drain_time() -> None:
    assert evaluate(replace(seen_sale(), drained=False)).drain_seconds is None


def test_the_backlog_and_the_machine_are_those_of_the_sale() -> None:
    result = evaluate(seen_sale())
    assert result.peak_backlog == 3
    assert result.backlog == [(1, 1, 1), (2, 1, 2), (12, 0, 0)]
    assert result.machine_busy_percent == pytest.approx(60)
    assert result.emulator_busy_percent == pytest.approx(85)
    assert result.memory_mib == pytest.approx(700)


def test_requests_are_divided_by_the_orders_that_were_stored() -> None:
    seen = seen_sale()
    assert evaluate(seen).api_calls_per_order == pytest.approx(3)
    used = usage(seen)
    assert used is not None
    assert used.api_calls == {"dynamodb:PutItem": 2, "sns:PublishBatch": 1}
    assert used.environments == 2
    assert used.logged.task_bytes_per_order == 300


def test_usage_is_the_mean_over_the_orders_and_over_all_answers() -> None:
    """Two paid orders of 11 units, one sold out of 14 and a refund; three charges; six repeats."""
    seen = replace(seen_sale(), api_calls={"dynamodb:GetItem": 6, "dynamodb:PutItem": 9})
    large = OrderBytes(inserted=5_000, largest=5_000, index_entry=100)
    used = usage(seen)
    assert used is not None
    assert used.write_units == pytest.approx((11 + 11 + 14 + 1 + 3 + 6) / 3)
    assert used.read_units == 2
    assert used.order_bytes == 0
    assert used.answer_seconds == pytest.approx((0.1 + 0.3 + 0.2 + 1.0 + 0.5) / 5)
    grown = {name: replace(order, sizes=large) for name, order in seen.sale.orders.items()}
    used = usage(replace(seen, sale=replace(seen.sale, orders=grown)))
    assert used is not None
    assert used.read_units == 4
    assert used.order_bytes == 5_000


def test_measures_that_could_not_be_taken_are_missing_and_not_zero() -> None:
    seen = replace(seen_sale(), api_calls={}, readings=[])
    result = evaluate(seen)
    assert result.api_calls_per_order is None
    assert result.peak_backlog is None
    assert result.memory_mib is None
    assert usage(seen) is None


def test_a_sale_without_a_single_accepted_order_is_evaluated_too() -> None:
    seen = seen_sale()
    sale = sale_of([record("away", 0, 0.1, 503)], {}, Ledgers({}, [], {}))
    result = evaluate(replace(seen, sale=sale))
    assert (result.attempted, result.accepted, result.paid) == (1, 0, 0)
    assert result.accept_ms is None
    assert result.time_to_paid_seconds is None
    assert result.drain_seconds is None
    assert result.paid_per_second is None


def test_theory_is_told_how_fast_orders_were_accepted() -> None:
    slow, fast = seen_sale(), seen_sale()
    slow = replace(slow, sale=replace(slow.sale, records=[record("paid", 0, 1.0)]))
    fast = replace(fast, sale=replace(fast.sale, records=[record("paid", 0, 0.01)]))
    assert (evaluate(slow).predicted.accepted or 0) < (evaluate(fast).predicted.accepted or 0)
