"""A sale on paper: what a faultless system would leave behind, second by second."""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass

from lab.load.records import Record
from lab.load.scenarios import MEAN_THINK_SECONDS, Scenario
from lab.measure.audit import sale_of
from lab.measure.backlog import Backlog
from lab.measure.bill import bill
from lab.measure.ledgers import Ledgers, Payment, StoredOrder
from lab.measure.logs import LogUsage
from lab.measure.measures import Observation, evaluate, usage
from lab.measure.sampler import Reading
from lab.results.model import Machine, Results, ScenarioResult, TopologyResult

BEGAN = 1_700_000_000.0
PAYMENT_SECONDS = 3.0
CONFIG = {
    "visibilityTimeoutSeconds": "180",
    "architecture": "arm64",
    "lambdaMemoryMb": "512",
    "loadBalancerIdleTimeoutSeconds": "60",
    "maxPending": "0",
    "paymentConcurrency": "5",
    "paymentSeconds": "3",
    "processorConcurrency": "20",
    "processorTasks": "1",
    "receiverTasks": "1",
}
SLOTS = {"sync": 5, "async": 20, "serverless": 1000}
CALLS = {
    "sync": {
        "dynamodb:UpdateItem": 1.0,
        "dynamodb:PutItem": 1.0,
        "dynamodb:TransactWriteItems": 1.0,
    },
    "async": {"sns:PublishBatch": 0.4, "sqs:ReceiveMessage": 0.5, "dynamodb:UpdateItem": 1.0},
    "serverless": {"sns:PublishBatch": 0.4, "dynamodb:UpdateItem": 1.0},
}
LOGGED = {
    "sync": LogUsage(task_bytes_per_order=400.0),
    "async": LogUsage(task_bytes_per_order=400.0, custom_metrics=7, metrics_line_bytes=1_500.0),
    "serverless": LogUsage(
        task_bytes_per_order=300.0, function_bytes_per_order=100.0, init_cpu_seconds=0.6
    ),
}


@dataclass(frozen=True)
class Order:
    """One order's moments, in seconds since the sale began."""

    number: int
    sent: float
    answered: float
    settled: float


def simulate(topology: str, scenario: Scenario, slots: int | None = None) -> list[Order]:
    """Let customers order: payment slots, and customers who wait for them (sync) or do not."""
    chance = random.Random(7)  # noqa: S311 - the same baskets at each run
    entries = [scenario.duration_seconds - active for active in scenario.active_seconds()]
    clicks = list(entries)
    heapq.heapify(clicks)
    free = [0.0] * (slots or SLOTS[topology])
    orders: list[Order] = []
    while clicks:
        sent = heapq.heappop(clicks)
        if sent >= scenario.duration_seconds:
            continue
        settled = max(sent, heapq.heappop(free)) + PAYMENT_SECONDS
        heapq.heappush(free, settled)
        answered = settled if topology == "sync" else sent + 0.012 * chance.lognormvariate(0, 0.4)
        orders.append(Order(len(orders), sent, answered, settled))
        think = MEAN_THINK_SECONDS * chance.uniform(1 / 3, 5 / 3)
        heapq.heappush(clicks, answered + think)
    return orders


def observe(topology: str, scenario: Scenario) -> Observation:
    """Return what the lab would have seen of that sale."""
    orders = simulate(topology, scenario)
    kept = {f"{o.number:032x}": stored(o) for o in orders}
    ledgers = Ledgers(
        orders=kept,
        payments=[Payment(key, key, o.total_cents, "CHARGED") for key, o in kept.items()],
        stock={"SKU-001": 1_000_000 - len(orders)},
    )
    records = [record_of(scenario, o) for o in orders]
    calls = {action: round(n * len(orders)) for action, n in CALLS[topology].items()}
    return Observation(
        scenario=scenario,
        sale=sale_of(records, {"SKU-001": 1_000_000}, ledgers),
        readings=list(readings_of(orders, SLOTS[topology])),
        topology=topology,
        config=CONFIG,
        drained=True,
        memory_before_mib=1_000.0,
        api_calls=calls,
        environments=len(orders) if topology == "serverless" else 0,
        logged=LOGGED[topology],
    )


def stored(order: Order) -> StoredOrder:
    return StoredOrder(
        order_id=f"{order.number:032x}",
        status="COMPLETED",
        created_at=BEGAN + order.sent + 0.002,
        settled_at=BEGAN + order.settled,
        total_cents=1_999,
        units={"SKU-001": 1},
    )


def record_of(scenario: Scenario, order: Order) -> Record:
    return Record(
        order_id=f"{order.number:032x}",
        scenario=scenario.name,
        http_status=202,
        latency_ms=(order.answered - order.sent) * 1000,
        sent_at=BEGAN + order.sent,
        answered_at=BEGAN + order.answered,
    )


def readings_of(orders: list[Order], slots: int, until: float = math.inf) -> Iterator[Reading]:
    """Look at the slots once a second, until they are empty or the time is up."""
    last = max(order.settled for order in orders)
    for second in range(int(min(last, until)) + 2):
        open_ = sum(order.sent <= second < order.settled for order in orders)
        backlog = Backlog(max(0, open_ - slots), min(open_, slots))
        yield Reading(BEGAN + second, backlog, busy_percent=41.0, memory_mib=2_100.0)


def simulated_sale(topology: str, scenario: Scenario) -> ScenarioResult:
    """Return the measures of a simulated sale, its bill included."""
    seen = observe(topology, scenario)
    used = usage(seen)
    assert used is not None
    month = bill(topology, CONFIG, used)
    fields = vars(evaluate(seen)) | {
        "bill": month,
        "dollars_per_million_orders": month.dollars,
    }
    return ScenarioResult(**fields)


def simulated_results(*scenarios: Scenario) -> Results:
    """Return a finished run of all three topologies."""
    return Results(
        started_at="2025-11-28T09:00:00+00:00",
        finished_at="2025-11-28T09:03:20+00:00",
        machine=Machine(
            cores=2,
            python="3.11.7",
            platform="Linux",
            emulator="MiniStack 1.5.33",
            memory_gib=24.0,
        ),
        scale="demo",
        topologies={
            topology: TopologyResult(
                config=CONFIG,
                outputs={"topology": topology},
                scenarios={s.name: simulated_sale(topology, s) for s in scenarios},
                deploy_seconds=4.0,
            )
            for topology in SLOTS
        },
    )
