"""`lab scale` on paper: a faultless sale with any number of workers, left at a bound."""

from __future__ import annotations

from dataclasses import replace

from lab.load.scenarios import Scenario
from lab.measure.audit import sale_of
from lab.measure.ledgers import Ledgers, Payment
from lab.measure.measures import Observation
from lab.results.model import Machine
from lab.results.scale import ScaleResults
from lab.scale.evaluate import evaluate_point
from tests.unit.lab.simulated import CONFIG, readings_of, record_of, simulate, stored

PLENTY = 1_000_000


def observe_workers(workers: int, scenario: Scenario, bound_seconds: float) -> Observation:
    """Return what would be seen of a sale whose drain is watched for that long."""
    orders = simulate("async", scenario, workers)
    end = scenario.duration_seconds + bound_seconds
    drained = max(order.settled for order in orders) <= end
    kept = [stored(order) for order in orders]
    if not drained:
        kept = [
            item if order.settled <= end else replace(item, status="PENDING", settled_at=None)
            for item, order in zip(kept, orders, strict=True)
        ]
    done = [item for item in kept if item.settled]
    ledgers = Ledgers(
        orders={item.order_id: item for item in kept},
        payments=[Payment(o.order_id, o.order_id, o.total_cents, "CHARGED") for o in done],
        stock={"SKU-001": PLENTY - len(done)},
    )
    records = [record_of(scenario, order) for order in orders]
    queued = {item.order_id for item in kept if not item.settled}
    return Observation(
        scenario=scenario,
        sale=sale_of(records, {"SKU-001": PLENTY}, ledgers, queued),
        readings=list(readings_of(orders, workers, end - 1)),
        topology="async",
        config={**CONFIG, "processorConcurrency": str(workers)},
        drained=drained,
        memory_before_mib=1_000.0,
    )


def simulated_scale(
    scenario: Scenario, *workers: int, bound_seconds: float = 180.0
) -> ScaleResults:
    """Return a finished run."""
    return ScaleResults(
        started_at="2025-11-28T09:00:00+00:00",
        finished_at="2025-11-28T09:16:00+00:00",
        machine=Machine(cores=2, python="3.11.7", platform="Linux", emulator="MiniStack 1.5.33"),
        workers=list(workers),
        bound_seconds=bound_seconds,
        points=[
            evaluate_point(each, observe_workers(each, scenario, bound_seconds)) for each in workers
        ],
    )
