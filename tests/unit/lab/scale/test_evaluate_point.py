from __future__ import annotations

from dataclasses import replace

import pytest

from lab.load.scenarios import FLASH
from lab.measure.audit import sale_of
from lab.measure.ledgers import Ledgers
from lab.results.scale import ScalePoint, ScaleResults
from lab.scale.evaluate import evaluate_point
from tests.unit.lab.simulated_scale import PLENTY, observe_workers

SHORT = FLASH.lasting(10)


def at(results: ScaleResults, workers: int) -> ScalePoint:
    return next(point for point in results.points if point.workers == workers)


def test_a_queue_that_runs_empty_within_the_bound_is_measured(scaled: ScaleResults) -> None:
    point = at(scaled, 100)
    assert point.forecast is None
    assert point.queued == 0
    assert point.settled == point.sale.accepted
    assert point.drain_seconds == point.sale.drain_seconds
    assert point.drain_seconds == pytest.approx(point.sale.predicted.drain_seconds, rel=0.05)
    assert point.sale.time_to_paid_seconds is not None


@pytest.mark.parametrize("workers", [5, 20])
def test_one_that_does_not_is_predicted_from_its_last_reading(
    scaled: ScaleResults, workers: int
) -> None:
    """The simulated sale knows when its last order was really settled."""
    point = at(scaled, workers)
    assert point.forecast is not None
    assert point.sale.drain_seconds is None
    drained = evaluate_point(workers, observe_workers(workers, FLASH, 1e6))
    assert point.drain_seconds == pytest.approx(drained.sale.drain_seconds, rel=0.01)
    assert point.peak_waiting == drained.peak_waiting


@pytest.mark.parametrize("workers", [1, 5, 20, 100])
def test_every_accepted_order_is_settled_or_queued(scaled: ScaleResults, workers: int) -> None:
    point = at(scaled, workers)
    assert point.settled + point.queued == point.sale.accepted
    assert point.sale.lost == 0
    assert point.sale.audit is not None
    assert point.sale.audit.passed


def test_how_long_payments_took_is_not_told_before_the_last_is_made(scaled: ScaleResults) -> None:
    sale = at(scaled, 5).sale
    assert sale.time_to_paid_seconds is None
    assert sale.time_to_paid_histogram == []


@pytest.mark.parametrize("workers", [1, 5, 20, 100])
def test_simulated_workers_reach_their_limit_and_littles_peak(
    scaled: ScaleResults, workers: int
) -> None:
    point = at(scaled, workers)
    assert point.limit_per_second == pytest.approx(workers / 3)
    assert point.share_of_limit == pytest.approx(1.0)
    assert point.peak_waiting == pytest.approx(point.predicted_peak_waiting, rel=0.02)


def test_workers_to_spare_have_no_throughput_and_no_backlog() -> None:
    point = evaluate_point(250, observe_workers(250, SHORT, 60))
    assert point.peak_waiting == 0
    assert point.settled_per_second is None
    assert point.share_of_limit is None
    assert point.predicted_peak_waiting == 0
    assert point.published_peak is None


def test_an_order_that_is_neither_settled_nor_queued_is_lost_and_counted_nowhere_else() -> None:
    seen = observe_workers(5, SHORT, 20)
    kept = sorted(seen.sale.queued)
    short = replace(seen, sale=replace(seen.sale, queued=frozenset(kept[1:])))
    point = evaluate_point(5, short)
    assert point.sale.lost == 1
    assert point.settled + point.queued + 1 == point.sale.accepted
    assert point.sale.audit is not None
    assert point.sale.audit.lost.examples == (kept[0],)


def test_an_order_without_an_answer_is_not_among_the_accepted() -> None:
    seen = observe_workers(5, SHORT, 20)
    unsaid = [replace(seen.sale.records[0], http_status=None), *seen.sale.records[1:]]
    ledgers = Ledgers(seen.sale.orders, seen.sale.payments, seen.sale.stock_after)
    sale = sale_of(unsaid, {"SKU-001": PLENTY}, ledgers, seen.sale.queued)
    point = evaluate_point(5, replace(seen, sale=sale))
    assert point.settled + point.queued == point.sale.accepted == len(unsaid) - 1


def test_payments_that_take_no_time_have_no_limit() -> None:
    seen = observe_workers(5, SHORT, 20)
    point = evaluate_point(5, replace(seen, config={**seen.config, "paymentSeconds": "0"}))
    assert point.limit_per_second is None
    assert point.share_of_limit is None
