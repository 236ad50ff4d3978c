"""One sale on one deployed topology, from the first order to the last audited one."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from lab.load.drive import Drive, LoadProgress, run_sale
from lab.load.records import read_records
from lab.load.scenarios import Scenario
from lab.measure.audit import Sale, sale_of
from lab.measure.aws_calls import LOG_SECONDS, calls_between, read_calls
from lab.measure.backlog import BacklogSource, TableBacklog, backlog_source
from lab.measure.bill import bill
from lab.measure.books import read_books, read_stock
from lab.measure.drain import DrainProgress, drain_limit, wait_for_drain
from lab.measure.little import predict
from lab.measure.measures import Observation, evaluate, usage
from lab.measure.sampler import Sampler
from lab.measure.system import System
from lab.results.model import Measures, ScenarioResult

SERVICE_LOGS = ("receiver-*.log", "processor-*.log", "function-*.log")


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


SaleRunner = Callable[..., None]


def run_scenario(
    system: System,
    scenario: Scenario,
    view: View,
    *,
    billed_config: Mapping[str, str],
    memory_before_mib: float,
    run: SaleRunner = run_sale,
    log_seconds: float = LOG_SECONDS,
) -> ScenarioResult:
    """Drive the sale, wait for its drain, audit it and return its measures.

    Raises:
        LabError: Locust failed, or a process of the deployment died.
    """
    dynamodb = system.client("dynamodb")
    predicted = predict(system.topology, scenario, system.config)
    stock_before = read_stock(dynamodb, system.outputs["products_table"])
    log_bytes_before = _log_bytes(system.run_dir)
    sources = _sources(system, dynamodb)
    drive = _drive(system, scenario)
    started = time.time()
    with Sampler(sources[0]) as sampler:
        view.stage(f"{scenario.name} sale: the doors open")
        run(drive, progress=lambda state: view.sale(scenario, state), check=system.check)
        drained = _drain(system, sources, predicted, view)
    view.stage(f"{scenario.name} sale: auditing every order")
    ended = time.time()
    sale = _audited(system, dynamodb, drive, stock_before)
    # The services write their request counts every few seconds: give them the time.
    time.sleep(max(0.0, ended + log_seconds - time.time()))
    seen = Observation(
        scenario=scenario,
        sale=sale,
        readings=sampler.readings,
        topology=system.topology,
        config=system.config,
        drained=drained,
        api_calls=calls_between(read_calls(system.run_dir / "logs"), started, time.time()),
        log_bytes=_log_bytes(system.run_dir) - log_bytes_before,
        memory_before_mib=memory_before_mib,
    )
    return _with_bill(evaluate(seen), system.topology, billed_config, seen)


def _drive(system: System, scenario: Scenario) -> Drive:
    logs = system.run_dir / "logs"
    return Drive(
        host=system.outputs["api_url"],
        scenario=scenario,
        records=system.run_dir / f"records-{scenario.name}.jsonl",
        log=logs / f"locust-{scenario.name}.log",
    )


def _sources(system: System, dynamodb: Any) -> list[BacklogSource]:
    """Return where to look for open orders: the cheapest first, the truth last."""
    table = TableBacklog(dynamodb, system.outputs["orders_table"])
    if "queue_url" not in system.outputs:
        return [table]
    return [backlog_source(system.outputs, sqs=system.client("sqs"), dynamodb=dynamodb), table]


def _drain(system: System, sources: list[BacklogSource], predicted: Measures, view: View) -> bool:
    view.stage("draining: waiting until every accepted order is settled")
    return wait_for_drain(
        sources,
        limit_seconds=drain_limit(predicted.drain_seconds),
        progress=lambda state: view.drain(state, predicted.drain_seconds),
        check=system.check,
    )


def _audited(system: System, dynamodb: Any, drive: Drive, stock_before: dict[str, int]) -> Sale:
    return sale_of(read_records(drive.records), stock_before, read_books(dynamodb, system.outputs))


def _with_bill(
    result: ScenarioResult, topology: str, config: Mapping[str, str], seen: Observation
) -> ScenarioResult:
    used = usage(seen)
    if used is None:
        return result
    month = bill(topology, config, used)
    return replace(result, bill=month, dollars_per_million_orders=month.dollars)


def _log_bytes(run_dir: Path) -> int:
    logs = run_dir / "logs"
    return sum(path.stat().st_size for pattern in SERVICE_LOGS for path in logs.glob(pattern))
