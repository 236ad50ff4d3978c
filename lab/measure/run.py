"""All sales on all chosen topologies, one after another, with results written as they come."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from lab.load.scenarios import Scenario
from lab.measure.machine import machine, memory_used_mib, now, with_free_ports
from lab.measure.measures import Observation, evaluate
from lab.measure.request_counts import LOG_SECONDS, count_requests
from lab.measure.scenario import Prefixed, RunScenario, View, run_scenario
from lab.measure.system import Deploy, System, explained
from lab.results.cold_start import ColdStart
from lab.results.model import Results, ScenarioResult, TopologyResult
from lab.topologies import PaidBy, named

# The least time between starting Locust and its first order.
LOCUST_START_SECONDS = 0.7


class MeasureColdStart(Protocol):
    """Measures the start of a topology's function, billed as configured."""

    def __call__(
        self, system: System, billed: Mapping[str, str], *, progress: Callable[[str], None]
    ) -> ColdStart:
        """Return what was measured."""
        ...


@dataclass(frozen=True)
class Plan:
    """What to run."""

    topologies: Sequence[str]
    scenarios: Sequence[Scenario]
    config: Mapping[str, str]
    scale: str


class DemoRun:
    """Runs a plan; `results` is always what is known so far, `save` is called at each change.

    `billed_config` gives the configuration that would be paid for, by topology: the lab's own
    runs on this machine's architecture. With `cold_start` the function of a topology is measured
    after its sales.
    """

    def __init__(
        self,
        plan: Plan,
        folder: Path,
        *,
        deploy: Deploy,
        view: View,
        save: Callable[[Results], None],
        emulator: str,
        billed_config: Callable[[str], Mapping[str, str]],
        run: RunScenario = run_scenario,
        cold_start: MeasureColdStart | None = None,
    ) -> None:
        self._plan = plan
        self._folder = folder
        self._deploy = deploy
        self._view = view
        self._save = save
        self._billed_config = billed_config
        self._run = run
        self._cold_start = cold_start
        self._quiet_until = 0.0
        self.results = Results(
            started_at=now(),
            finished_at=None,
            machine=machine(emulator),
            scale=plan.scale,
            topologies={},
        )

    def run(self) -> Results:
        """Run everything and return the results.

        Raises:
            UserError: a topology did not come up or did not stay up; what was measured is saved.
        """
        for topology in self._plan.topologies:
            self._run_topology(topology)
        self.results = replace(self.results, finished_at=now())
        self._save(self.results)
        return self.results

    def _run_topology(self, topology: str) -> None:
        memory_before = memory_used_mib()
        known = named(topology)
        config = with_free_ports({**self._plan.config, **known.config})
        began = time.monotonic()
        self._view.stage(f"{topology}: bringing the stack up")
        context = self._deploy(
            known.deployed_as,
            config=config,
            run_dir=self._folder / "runs" / topology,
            progress=lambda text: self._view.stage(f"{topology}: {text}"),
        )
        seen: list[Observation] = []
        with context as system:
            self._add(topology, _empty(system, time.monotonic() - began))
            for scenario in self._plan.scenarios:
                seen.append(self._run_sale(topology, system, scenario, memory_before))
                self._add_sales(topology, {scenario.name: evaluate(seen[-1])})
            if self._cold_start and known.paid_by is PaidBy.FUNCTION:
                self._measure(self._cold_start, topology, system)
            self._view.stage(f"{topology}: taking the stack down")
        counted = count_requests(seen, system.logs, self._billed_config(topology))
        self._add_sales(topology, counted)

    def _run_sale(
        self, topology: str, system: System, scenario: Scenario, memory_before: float
    ) -> Observation:
        with explained(system):
            observation = self._run(
                system,
                scenario,
                Prefixed(topology, self._view),
                memory_before_mib=memory_before,
                not_before=self._quiet_until,
            )
        self._quiet_until = time.time() + LOG_SECONDS - LOCUST_START_SECONDS
        return observation

    def _measure(self, cold_start: MeasureColdStart, topology: str, system: System) -> None:
        measured = cold_start(
            system,
            self._billed_config(topology),
            progress=lambda text: self._view.stage(f"{topology}: {text}"),
        )
        known = self.results.topologies[topology]
        self._add(topology, replace(known, cold_start=measured))

    def _add_sales(self, topology: str, sales: dict[str, ScenarioResult]) -> None:
        known = self.results.topologies[topology]
        self._add(topology, replace(known, scenarios={**known.scenarios, **sales}))

    def _add(self, topology: str, result: TopologyResult) -> None:
        topologies = {**self.results.topologies, topology: result}
        self.results = replace(self.results, topologies=topologies)
        self._save(self.results)


def _empty(system: System, deploy_seconds: float) -> TopologyResult:
    return TopologyResult(
        config=dict(system.config),
        outputs=dict(system.outputs),
        scenarios={},
        deploy_seconds=deploy_seconds,
    )
