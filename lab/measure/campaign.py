"""All sales on all chosen topologies, one after another, with results written as they come."""

from __future__ import annotations

import os
import platform
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import psutil
from botocore.exceptions import BotoCoreError, ClientError

from lab.errors import EngineError
from lab.load.scenarios import Scenario
from lab.measure.aws_calls import LOG_SECONDS
from lab.measure.measures import Observation, evaluate
from lab.measure.sampler import MIB
from lab.measure.scenario import View, run_scenario
from lab.measure.settle import settle
from lab.measure.system import Deploy, System
from lab.results.model import Machine, Results, ScenarioResult, TopologyResult

TOPOLOGIES = ("sync", "async", "serverless")
GIB = 1024 * MIB
LOOPBACK = "127.0.0.1"
# The least time between starting Locust and its first order.
LOCUST_START_SECONDS = 0.7


@dataclass(frozen=True)
class Plan:
    """What to run."""

    topologies: Sequence[str]
    scenarios: Sequence[Scenario]
    config: Mapping[str, str]
    scale: str


RunScenario = Callable[..., Observation]


class Campaign:
    """Runs a plan; `results` is always what is known so far, `save` is called at each change.

    `billed_config` gives the configuration that would be paid for, by topology: the lab's own
    runs on this machine's architecture.
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
    ) -> None:
        self._plan = plan
        self._folder = folder
        self._deploy = deploy
        self._view = view
        self._save = save
        self._billed_config = billed_config
        self._run = run
        self._quiet_until = 0.0
        self.results = Results(
            started_at=_now(),
            finished_at=None,
            machine=machine(emulator),
            scale=plan.scale,
            topologies={},
        )

    def run(self) -> Results:
        """Run everything and return the results.

        Raises:
            LabError: a topology did not come up or did not stay up; what was measured is saved.
        """
        for topology in self._plan.topologies:
            self._run_topology(topology)
        self.results = replace(self.results, finished_at=_now())
        self._save(self.results)
        return self.results

    def _run_topology(self, topology: str) -> None:
        memory_before = psutil.virtual_memory().used / MIB
        config = with_free_ports(self._plan.config)
        began = time.monotonic()
        self._view.stage(f"{topology}: bringing the stack up")
        context = self._deploy(
            topology,
            config=config,
            run_dir=self._folder / "runs" / topology,
            progress=lambda text: self._view.stage(f"{topology}: {text}"),
        )
        seen: list[Observation] = []
        with context as system:
            self._add(topology, _empty(system, time.monotonic() - began))
            for scenario in self._plan.scenarios:
                seen.append(self._run_sale(system, scenario, memory_before))
                self._add_sales(topology, {scenario.name: evaluate(seen[-1])})
            self._view.stage(f"{topology}: taking the stack down")
        logs = system.run_dir / "logs"
        self._add_sales(topology, settle(seen, logs, self._billed_config(topology)))

    def _run_sale(self, system: System, scenario: Scenario, memory_before: float) -> Observation:
        try:
            observation = self._run(
                system,
                scenario,
                _Prefixed(system.topology, self._view),
                memory_before_mib=memory_before,
                not_before=self._quiet_until,
            )
        except (BotoCoreError, ClientError) as error:
            system.check()  # a dead process says more than the call that it did not answer
            raise EngineError(f"{error}; the logs are in {system.run_dir / 'logs'}") from error
        self._quiet_until = time.time() + LOG_SECONDS - LOCUST_START_SECONDS
        return observation

    def _add_sales(self, topology: str, sales: dict[str, ScenarioResult]) -> None:
        known = self.results.topologies[topology]
        self._add(topology, replace(known, scenarios={**known.scenarios, **sales}))

    def _add(self, topology: str, result: TopologyResult) -> None:
        topologies = {**self.results.topologies, topology: result}
        self.results = replace(self.results, topologies=topologies)
        self._save(self.results)


class _Prefixed:
    """Says which topology a stage belongs to."""

    def __init__(self, topology: str, view: View) -> None:
        self._topology = topology
        self.sale = view.sale
        self.drain = view.drain
        self._stage = view.stage

    def stage(self, text: str) -> None:
        """Pass the stage on, with the topology's name before it."""
        self._stage(f"{self._topology}: {text}")


def machine(emulator: str) -> Machine:
    """Describe this machine."""
    return Machine(
        cores=os.cpu_count() or 1,
        python=platform.python_version(),
        platform=platform.platform(terse=True),
        emulator=emulator,
        memory_gib=psutil.virtual_memory().total / GIB,
    )


def with_free_ports(config: Mapping[str, str]) -> dict[str, str]:
    """Return the configuration with free ports where none are given, so that runs never collide."""
    keys = ("receiverPort", "processorPort")
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in keys]
        for each in sockets:
            each.bind((LOOPBACK, 0))
        free = {key: str(each.getsockname()[1]) for key, each in zip(keys, sockets, strict=True)}
    return {**free, **config}


def _empty(system: System, deploy_seconds: float) -> TopologyResult:
    return TopologyResult(
        config=dict(system.config),
        outputs=dict(system.outputs),
        scenarios={},
        deploy_seconds=deploy_seconds,
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
