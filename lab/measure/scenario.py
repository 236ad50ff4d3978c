"""One sale on one deployed topology, from the first order to the last audited one."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import Any, Protocol

import psutil

from lab.load.drive import Drive, LoadProgress, run_sale
from lab.load.records import read_records
from lab.load.scenarios import Scenario
from lab.measure.audit import sale_of
from lab.measure.backlog import BacklogSource, TableBacklog, backlog_source
from lab.measure.drain import (
    DrainProgress,
    drain_limit,
    longest_redelivery,
    take_remainder,
    wait_for_drain,
)
from lab.measure.ledgers import read_ledgers, read_stock
from lab.measure.littles_law import predict
from lab.measure.measures import Observation
from lab.measure.notifications import told_when_settled
from lab.measure.sampler import Sampler
from lab.measure.system import System
from lab.results.model import Measures
from lab.topologies import deployed


class View(Protocol):
    """Whoever watches a run."""

    def stage(self, text: str) -> None:
        """Say what happens from now on."""
        ...

    def sale(self, scenario: Scenario, progress: LoadProgress) -> None:
        """Show how far a sale is."""
        ...

    def drain(self, progress: DrainProgress, predicted_seconds: float | None) -> None:
        """Show how far a drain is."""
        ...


class Prefixed:
    """A view that says what each stage belongs to."""

    def __init__(self, prefix: str, view: View) -> None:
        self._prefix = prefix
        self.sale = view.sale
        self.drain = view.drain
        self._stage = view.stage

    def stage(self, text: str) -> None:
        """Pass the stage on, with the prefix before it."""
        self._stage(f"{self._prefix}: {text}")


SaleRunner = Callable[..., None]
RunScenario = Callable[..., Observation]
"""What `run_scenario` is."""


def run_scenario(
    system: System,
    scenario: Scenario,
    view: View,
    *,
    memory_before_mib: float,
    not_before: float = 0.0,
    bound_seconds: float | None = None,
    run: SaleRunner = run_sale,
) -> Observation:
    """Drive the sale, wait for its drain, and return what was seen; requests are counted later.

    Locust is not started before the epoch second `not_before`. With `bound_seconds` the wait ends
    that long after the sale though the queue is not empty: what it still holds is then taken out
    and noted order by order, so that the system stands still while its ledgers are read.

    Raises:
        UserError: Locust failed, or a process of the deployment died.
    """
    dynamodb = system.client("dynamodb")
    topology = deployed(system.stack, system.config).name
    predicted = predict(topology, scenario, system.config)
    stock_before = read_stock(dynamodb, system.outputs["products_table"])
    sources = _sources(system, dynamodb)
    drive = _drive(system, scenario)
    time.sleep(max(0.0, not_before - time.time()))
    with Sampler(sources[0], emulator=psutil.Process(system.emulator_pid)) as sampler:
        view.stage(f"{scenario.name} sale: customers order")
        run(drive, progress=lambda state: view.sale(scenario, state), check=system.check)
        drained = _drain(system, sources, predicted, view, bound_seconds)
    queued: Collection[str] = frozenset()
    if bound_seconds is not None and not drained:
        view.stage("the bound is reached: taking the remainder out of the queue")
        queued = take_remainder(system)
    view.stage(f"{scenario.name} sale: auditing every order")
    ledgers = read_ledgers(dynamodb, system.outputs)
    told = told_when_settled(system, ledgers)
    return Observation(
        scenario=scenario,
        sale=sale_of(read_records(drive.records), stock_before, ledgers, queued, told),
        readings=sampler.readings,
        topology=topology,
        config=system.config,
        drained=drained,
        memory_before_mib=memory_before_mib,
    )


def _drive(system: System, scenario: Scenario) -> Drive:
    return Drive(
        host=system.outputs["api_url"],
        scenario=scenario,
        records=system.run_dir / f"records-{scenario.name}.jsonl",
        log=system.logs / f"locust-{scenario.name}.log",
        api_key=system.outputs.get("apiKey", ""),
    )


def _sources(system: System, dynamodb: Any) -> list[BacklogSource]:
    """Return where to look for open orders: the cheapest first, the truth last."""
    table = TableBacklog(dynamodb, system.outputs["orders_table"])
    if "queue_url" not in system.outputs:
        return [table]
    return [backlog_source(system.outputs, sqs=system.client("sqs"), dynamodb=dynamodb), table]


def _drain(
    system: System,
    sources: list[BacklogSource],
    predicted: Measures,
    view: View,
    bound_seconds: float | None,
) -> bool:
    topology = deployed(system.stack, system.config).name
    redelivery = longest_redelivery(topology, system.config)
    limit = drain_limit(predicted.drain_seconds, redelivery)
    view.stage("draining: waiting until every accepted order is settled")
    return wait_for_drain(
        sources,
        limit_seconds=limit if bound_seconds is None else bound_seconds,
        progress=lambda state: view.drain(state, predicted.drain_seconds),
        check=system.check,
    )
