"""The same sale with one number of workers after another, each on a deployment of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lab.load.scenarios import Scenario
from lab.measure.machine import machine, memory_used_mib, now, with_free_ports
from lab.measure.measures import Observation
from lab.measure.scenario import Prefixed, RunScenario, View, run_scenario
from lab.measure.system import Deploy, explained
from lab.results.scale import ScaleResults
from lab.scale.evaluate import evaluate_point
from lab.topologies import ASYNC
from terminal import numbers


@dataclass(frozen=True)
class ScalePlan:
    """What to run; `bound_seconds` is how long a drain is watched after the sale's end."""

    workers: Sequence[int]
    scenario: Scenario
    config: Mapping[str, str]
    bound_seconds: float


class ScaleRun:
    """Runs a plan; `results` is always what is known so far, `save` is called at each change."""

    def __init__(
        self,
        plan: ScalePlan,
        folder: Path,
        *,
        deploy: Deploy,
        view: View,
        save: Callable[[ScaleResults], None],
        emulator: str,
        run: RunScenario = run_scenario,
    ) -> None:
        self._plan = plan
        self._folder = folder
        self._deploy = deploy
        self._view = view
        self._save = save
        self._run = run
        self.results = ScaleResults(
            started_at=now(),
            finished_at=None,
            machine=machine(emulator),
            workers=list(plan.workers),
            bound_seconds=plan.bound_seconds,
            points=[],
        )

    def run(self) -> ScaleResults:
        """Run everything and return the results.

        Raises:
            UserError: a deployment did not come up or did not stay up; what was measured is saved.
        """
        for workers in self._plan.workers:
            point = evaluate_point(workers, self._observe(workers))
            self._keep(replace(self.results, points=[*self.results.points, point]))
        self._keep(replace(self.results, finished_at=now()))
        return self.results

    def _observe(self, workers: int) -> Observation:
        memory_before = memory_used_mib()
        view = Prefixed(numbers.plural(workers, "worker"), self._view)
        view.stage("bringing the stack up")
        slots = {"processorTasks": "1", "processorConcurrency": str(workers)}
        context = self._deploy(
            ASYNC.name,
            config=with_free_ports({**self._plan.config, **slots}),
            run_dir=self._folder / "runs" / f"workers-{workers}",
            progress=view.stage,
        )
        with context as system:
            with explained(system):
                seen = self._run(
                    system,
                    self._plan.scenario,
                    view,
                    memory_before_mib=memory_before,
                    bound_seconds=self._plan.bound_seconds,
                )
            view.stage("taking the stack down")
        return seen

    def _keep(self, results: ScaleResults) -> None:
        self.results = results
        self._save(results)
