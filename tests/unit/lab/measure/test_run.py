from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import pytest
from botocore.exceptions import EndpointConnectionError

from engine.deployment import FreshProcess
from engine.runtime.processes import EngineError
from lab.load.scenarios import FLASH, NORMAL, Scenario
from lab.measure.machine import with_free_ports
from lab.measure.measures import Observation
from lab.measure.run import DemoRun, Plan
from lab.measure.system import System
from lab.results.cold_start import ColdStart
from lab.results.model import Results
from tests.unit.lab.coldstart.measured import MEASURED
from tests.unit.lab.measure.fake_system import FakeDeployments, RecordingView
from tests.unit.lab.simulated import CONFIG, observe

pytestmark = pytest.mark.socket

SALES = (NORMAL.lasting(2), FLASH.lasting(2))


class DemoDeployments(FakeDeployments):
    """Hands out simulated results, and keeps what was saved."""

    def __init__(self) -> None:
        super().__init__()
        self.saved: list[Results] = []
        self.broken: str | None = None
        self.error: Exception = EngineError("processor-0 died")
        self.not_before: list[float] = []

    def run(self, system: System, scenario: Scenario, _: object, **options: object) -> Observation:
        self.events.append(f"{system.stack} {scenario.name}")
        if self.broken == system.stack:
            raise self.error
        self.not_before.append(float(str(options["not_before"])))
        return observe(system.stack, scenario)

    def demo_run(self, folder: Path, *topologies: str, cold_start: bool = False) -> DemoRun:
        return DemoRun(
            Plan(topologies, SALES, {"paymentSeconds": "1"}, "demo"),
            folder,
            deploy=self.deploy,
            view=RecordingView(),
            save=self.saved.append,
            emulator="an emulator",
            billed_config=lambda _: CONFIG,
            run=self.run,
            cold_start=self.start_cold if cold_start else None,
        )

    def start_cold(self, system: System, billed: Mapping[str, str], **_: object) -> ColdStart:
        assert billed == CONFIG
        self.events.append(f"{system.stack} cold start")
        return MEASURED


@pytest.fixture
def deployments() -> DemoDeployments:
    return DemoDeployments()


def test_each_topology_is_up_for_all_its_sales_and_gone_before_the_next(
    deployments: DemoDeployments, tmp_path: Path
) -> None:
    results = deployments.demo_run(tmp_path, "sync", "async").run()
    assert deployments.events == [
        *("up sync", "sync normal", "sync flash", "down sync"),
        *("up async", "async normal", "async flash", "down async"),
    ]
    assert list(results.topologies) == ["sync", "async"]
    assert list(results.topologies["async"].scenarios) == ["normal", "flash"]
    assert results.finished_at is not None
    assert deployments.saved[-1] == results


def test_results_are_saved_after_each_sale(deployments: DemoDeployments, tmp_path: Path) -> None:
    deployments.demo_run(tmp_path, "sync").run()
    known = [len(saved.topologies["sync"].scenarios) for saved in deployments.saved]
    assert known == [0, 1, 2, 2, 2]
    assert [saved.finished_at is None for saved in deployments.saved] == [
        True,
        True,
        True,
        True,
        False,
    ]


def test_a_topology_that_breaks_is_taken_down_and_what_was_measured_stays(
    deployments: DemoDeployments, tmp_path: Path
) -> None:
    deployments.broken = "async"
    with pytest.raises(EngineError, match="processor-0"):
        deployments.demo_run(tmp_path, "sync", "async", "serverless").run()
    assert deployments.events[-1] == "down async"
    assert list(deployments.saved[-1].topologies["sync"].scenarios) == ["normal", "flash"]
    assert deployments.saved[-1].finished_at is None


def test_the_users_configuration_reaches_the_stack_with_free_ports(
    deployments: DemoDeployments, tmp_path: Path
) -> None:
    deployments.demo_run(tmp_path, "sync").run()
    [config] = deployments.configs
    assert config["paymentSeconds"] == "1"
    assert config["receiverPort"] != config["processorPort"]
    assert int(config["receiverPort"]) >= 1024


def test_a_port_that_the_user_chose_is_kept() -> None:
    assert with_free_ports({"receiverPort": "9999"})["receiverPort"] == "9999"


def test_a_second_sale_leaves_the_services_time_to_log_the_requests_of_the_first(
    deployments: DemoDeployments, tmp_path: Path
) -> None:
    began = time.time()
    deployments.demo_run(tmp_path, "sync").run()
    assert deployments.not_before[0] < began
    assert began + 4 < deployments.not_before[1] < began + 8


def test_an_emulator_that_stops_answering_is_one_clear_error_with_the_logs_named(
    deployments: DemoDeployments, tmp_path: Path
) -> None:
    deployments.broken, deployments.error = (
        "sync",
        EndpointConnectionError(endpoint_url="http://127.0.0.1:1"),
    )
    with pytest.raises(EngineError, match=r"Could not connect.*runs/sync/logs"):
        deployments.demo_run(tmp_path, "sync").run()


def test_starts_are_measured_after_the_sales_of_a_topology_with_a_function(
    deployments: DemoDeployments, tmp_path: Path
) -> None:
    deployments.functions = {"fulfil": cast("FreshProcess", object())}
    results = deployments.demo_run(tmp_path, "serverless", cold_start=True).run()
    assert deployments.events[-2:] == ["serverless cold start", "down serverless"]
    assert results.topologies["serverless"].cold_start == MEASURED


def test_starts_are_not_measured_unasked_nor_where_no_function_is(
    deployments: DemoDeployments, tmp_path: Path
) -> None:
    deployments.demo_run(tmp_path, "sync", cold_start=True).run()
    deployments.functions = {"fulfil": cast("FreshProcess", object())}
    deployments.demo_run(tmp_path / "other", "serverless").run()
    assert not [event for event in deployments.events if "cold start" in event]
