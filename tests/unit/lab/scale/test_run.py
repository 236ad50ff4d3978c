from __future__ import annotations

from pathlib import Path

import pytest
from botocore.exceptions import EndpointConnectionError

from engine.runtime.processes import EngineError
from lab.load.scenarios import FLASH, Scenario
from lab.measure.measures import Observation
from lab.measure.system import System
from lab.results.scale import ScaleResults
from lab.scale.run import ScalePlan, ScaleRun
from tests.unit.lab.measure.fake_system import FakeDeployments, RecordingView
from tests.unit.lab.simulated_scale import observe_workers

pytestmark = pytest.mark.socket

SHORT = FLASH.lasting(5)


class ScaleDeployments(FakeDeployments):
    """Hands out simulated sales, and keeps what was saved."""

    def __init__(self) -> None:
        super().__init__()
        self.saved: list[ScaleResults] = []
        self.error: BaseException | None = None
        self.breaks_at = 0
        self.view = RecordingView()

    def run(self, system: System, scenario: Scenario, _: object, **options: object) -> Observation:
        workers = int(system.config["processorConcurrency"])
        self.events.append(f"{workers} {scenario.name} {options['bound_seconds']}")
        if self.error and self.breaks_at == workers:
            raise self.error
        return observe_workers(workers, scenario, float(str(options["bound_seconds"])))

    def scale(self, folder: Path, *workers: int, **config: str) -> ScaleRun:
        return ScaleRun(
            ScalePlan(workers, SHORT, config, bound_seconds=20),
            folder,
            deploy=self.deploy,
            view=self.view,
            save=self.saved.append,
            emulator="an emulator",
            run=self.run,
        )


@pytest.fixture
def deployments() -> ScaleDeployments:
    return ScaleDeployments()


def test_each_number_of_workers_has_an_async_deployment_of_its_own(
    deployments: ScaleDeployments, tmp_path: Path
) -> None:
    results = deployments.scale(tmp_path, 1, 20).run()
    assert deployments.events == [
        *("up async", "1 flash 20", "down async"),
        *("up async", "20 flash 20", "down async"),
    ]
    assert [point.workers for point in results.points] == [1, 20]
    assert results.workers == [1, 20]
    assert results.finished_at is not None
    assert len(set(deployments.folders)) == 2


def test_one_processor_has_as_many_slots_as_workers_and_the_rest_is_the_users(
    deployments: ScaleDeployments, tmp_path: Path
) -> None:
    deployments.scale(tmp_path, 5, paymentSeconds="1").run()
    [config] = deployments.configs
    assert config["processorConcurrency"] == "5"
    assert config["processorTasks"] == "1"
    assert config["paymentSeconds"] == "1"
    assert config["receiverPort"] != config["processorPort"]


def test_results_are_saved_after_each_number_of_workers(
    deployments: ScaleDeployments, tmp_path: Path
) -> None:
    deployments.scale(tmp_path, 1, 20).run()
    assert [len(saved.points) for saved in deployments.saved] == [1, 2, 2]
    assert [saved.finished_at is None for saved in deployments.saved] == [True, True, False]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), EngineError("processor-0 died")])
def test_what_was_measured_before_a_break_is_kept(
    deployments: ScaleDeployments, tmp_path: Path, error: BaseException
) -> None:
    deployments.error, deployments.breaks_at = error, 20
    run = deployments.scale(tmp_path, 1, 20, 100)
    with pytest.raises(type(error)):
        run.run()
    assert deployments.events[-1] == "down async"
    assert [point.workers for point in run.results.points] == [1]
    assert deployments.saved[-1] == run.results
    assert run.results.finished_at is None


def test_an_emulator_that_stops_answering_is_one_clear_error_with_the_logs_named(
    deployments: ScaleDeployments, tmp_path: Path
) -> None:
    deployments.error = EndpointConnectionError(endpoint_url="http://127.0.0.1:1")
    deployments.breaks_at = 1
    with pytest.raises(EngineError, match=r"Could not connect.*workers-1/logs"):
        deployments.scale(tmp_path, 1).run()


def test_each_stage_says_how_many_workers_it_is_about(
    deployments: ScaleDeployments, tmp_path: Path
) -> None:
    deployments.scale(tmp_path, 1, 20).run()
    assert {stage.split(":")[0] for stage in deployments.view.stages} == {"1 worker", "20 workers"}
