"""Computes the measures of one sale from its records, ledgers and readings."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import fmean

import numpy as np

from lab.load.records import Outcome, Record
from lab.load.scenarios import Scenario
from lab.measure.audit import Sale, audit
from lab.measure.bill import Usage
from lab.measure.item_sizes import read_units
from lab.measure.ledgers import FAILED, OUT_OF_STOCK, PAYMENT_DECLINED, StoredOrder
from lab.measure.littles_law import predict
from lab.measure.logs import NOTHING_LOGGED, LogUsage
from lab.measure.order_writes import units_per_order
from lab.measure.sampler import Reading, busy_percent, emulator_percent, samples_since
from lab.results.model import Bin, Measures, Percentiles, ScenarioResult

MILLISECONDS = 1000
BINS_PER_DECADE = 20


@dataclass(frozen=True)
class Observation:
    """What was seen of one sale from outside."""

    scenario: Scenario
    sale: Sale
    readings: list[Reading]
    topology: str
    config: Mapping[str, str]
    drained: bool
    memory_before_mib: float
    api_calls: dict[str, int] = field(default_factory=dict)
    environments: int = 0
    invocations: Mapping[str, int] = field(default_factory=dict)
    logged: LogUsage = NOTHING_LOGGED

    @property
    def began(self) -> float:
        """Epoch second of the first order."""
        return min(record.sent_at for record in self.sale.records)


def evaluate(seen: Observation) -> ScenarioResult:
    """Return every measure of the sale but its bill."""
    sale, records = seen.sale, seen.sale.records
    began = seen.began
    ended = max(record.answered_at for record in records)
    accepted = [record for record in records if record.outcome is Outcome.ACCEPTED]
    paid = sale.paid()
    to_paid = _seconds_to_paid(records, paid)
    checked = audit(sale, drained=seen.drained)
    backlog = samples_since(seen.readings, began)
    accept_ms = [record.latency_ms for record in accepted]
    return ScenarioResult(
        attempted=len(records),
        accepted=len(accepted),
        rejected=_count(records, Outcome.REJECTED),
        failed=_count(records, Outcome.FAILED),
        accepted_per_second=_rate(len(accepted), began, ended),
        accept_ms=percentiles(accept_ms),
        paid=len(paid),
        paid_per_second=_rate(len(paid), began, _last(_settlements(paid), began)),
        time_to_paid_seconds=percentiles(to_paid),
        peak_backlog=max((waiting + in_work for _, waiting, in_work in backlog), default=None),
        drain_seconds=_drain_seconds(accepted, sale) if seen.drained else None,
        lost=checked.lost.count,
        duplicates=checked.duplicates.count,
        oversold=checked.oversold.count,
        api_calls_per_order=_per_order(sum(seen.api_calls.values()), sale),
        users=seen.scenario.users,
        duration_seconds=seen.scenario.duration_seconds,
        spawn_rate=seen.scenario.spawn_rate,
        started_at=datetime.fromtimestamp(began, UTC).isoformat(),
        sold_out=_failed_because(sale, OUT_OF_STOCK),
        declined=_failed_because(sale, PAYMENT_DECLINED),
        predicted=_predicted(seen, accept_ms),
        audit=checked,
        backlog=backlog,
        accept_ms_histogram=logarithmic_histogram(accept_ms),
        time_to_paid_histogram=logarithmic_histogram(to_paid),
        api_calls=_calls_per_order(seen.api_calls, sale),
        machine_busy_percent=busy_percent(seen.readings, began, ended),
        emulator_busy_percent=emulator_percent(seen.readings, began, ended),
        memory_mib=_memory_taken(seen),
    )


def _predicted(seen: Observation, accept_ms: Sequence[float]) -> Measures:
    """Return what theory says of the load that was offered."""
    if not accept_ms:
        return predict(seen.topology, seen.scenario, seen.config)
    accept_seconds = fmean(accept_ms) / MILLISECONDS
    return predict(seen.topology, seen.scenario, seen.config, accept_seconds)


def _count(records: Sequence[Record], outcome: Outcome) -> int:
    return sum(record.outcome is outcome for record in records)


def _rate(count: int, began: float, ended: float) -> float | None:
    return count / (ended - began) if ended > began else None


def _last(moments: Iterable[float], otherwise: float) -> float:
    return max(moments, default=otherwise)


def _settlements(orders: Iterable[StoredOrder]) -> list[float]:
    return [order.settled_at for order in orders if order.settled_at is not None]


def _seconds_to_paid(records: Sequence[Record], paid: Sequence[StoredOrder]) -> list[float]:
    """Return click-to-settlement times; an order whose click was not recorded has none."""
    sent_at = {record.order_id: record.sent_at for record in records}
    return [
        max(0.0, order.settled_at - sent_at[order.order_id])
        for order in paid
        if order.settled_at is not None and order.order_id in sent_at
    ]


def _drain_seconds(accepted: Sequence[Record], sale: Sale) -> float | None:
    """Return the time from the last acceptance to the last settlement, at least zero."""
    if not accepted:
        return None
    last_accepted = max(record.answered_at for record in accepted)
    return max(0.0, _last(_settlements(sale.orders.values()), last_accepted) - last_accepted)


def _failed_because(sale: Sale, reason: str) -> int:
    orders = sale.orders.values()
    return sum(order.status == FAILED and order.failure_reason == reason for order in orders)


def _per_order(calls: int, sale: Sale) -> float | None:
    return calls / len(sale.orders) if calls and sale.orders else None


def _calls_per_order(calls: dict[str, int], sale: Sale) -> dict[str, float]:
    if not sale.orders:
        return {}
    return {action: count / len(sale.orders) for action, count in sorted(calls.items())}


def _memory_taken(seen: Observation) -> float | None:
    peak = max((reading.memory_mib for reading in seen.readings), default=None)
    return None if peak is None else max(0.0, peak - seen.memory_before_mib)


def usage(seen: Observation) -> Usage | None:
    """Return what one order used, or None when the services logged no requests."""
    orders = seen.sale.orders.values()
    if not orders or not seen.api_calls:
        return None
    calls = _calls_per_order(seen.api_calls, seen.sale)
    largest = [order.sizes.largest for order in orders]
    return Usage(
        api_calls=calls,
        write_units=units_per_order(seen.sale, seen.api_calls),
        read_units=calls.get("dynamodb:GetItem", 0.0) * fmean(map(read_units, largest)),
        order_bytes=fmean(largest),
        answer_seconds=fmean(record.latency_ms for record in seen.sale.records) / MILLISECONDS,
        environments=seen.environments / len(orders),
        invocations={name: count / len(orders) for name, count in seen.invocations.items()},
        logged=seen.logged,
    )


def percentiles(values: Iterable[float]) -> Percentiles | None:
    """Return the nearest-rank percentiles, or None without values."""
    measured = list(values)
    if not measured:
        return None
    ranks = np.percentile(measured, (50, 95, 99), method="inverted_cdf")
    p50, p95, p99 = map(float, ranks)
    return Percentiles(p50=p50, p95=p95, p99=p99)


def logarithmic_histogram(values: Iterable[float]) -> list[Bin]:
    """Count positive values in bins of equal width on a logarithmic axis, empty bins left out."""
    counts = Counter(
        math.floor(math.log10(value) * BINS_PER_DECADE) for value in values if value > 0
    )
    return [(_edge(index), _edge(index + 1), counts[index]) for index in sorted(counts)]


def _edge(index: int) -> float:
    return float(10 ** (index / BINS_PER_DECADE))
