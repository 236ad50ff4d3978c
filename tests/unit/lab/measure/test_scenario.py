from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lab.load.drive import Drive
from lab.load.scenarios import FLASH
from lab.measure.scenario import run_scenario
from lab.results.model import ScenarioResult
from tests.unit.lab.measure.system import FakeSystem, Watched
from tests.unit.lab.simulated import CONFIG


def run(system: FakeSystem, view: Watched | None = None) -> ScenarioResult:
    def sell_and_log_now(drive: Drive, **callbacks: object) -> None:
        system.sell(drive, **callbacks)  # type: ignore[arg-type]
        log = system.run_dir / "logs" / "receiver-0.log"
        now = (datetime.now(UTC) + timedelta(milliseconds=1)).isoformat()
        log.write_text(log.read_text().replace("2099-01-01T00:00:00Z", now))

    return run_scenario(
        system,
        FLASH.lasting(10),
        view or Watched(),
        billed_config=CONFIG,
        memory_before_mib=0,
        run=sell_and_log_now,
        log_seconds=0.01,
    )


@pytest.mark.parametrize("topology", ["sync", "async", "serverless"])
def test_a_sale_is_driven_drained_audited_and_billed(topology: str, tmp_path: Path) -> None:
    system, view = FakeSystem(topology, tmp_path), Watched()
    result = run(system, view)
    assert (result.attempted, result.accepted, result.paid) == (1, 1, 1)
    assert result.audit is not None
    assert result.audit.passed
    assert result.audit.drained
    assert result.drain_seconds == pytest.approx(2.99)
    assert result.api_calls_per_order == 3
    assert result.bill is not None
    assert result.dollars_per_million_orders == pytest.approx(result.bill.dollars)
    assert result.predicted.accepted
    assert system.checks >= 2
    assert view.sales
    assert view.drains


def test_the_stages_of_a_sale_are_told_in_order(tmp_path: Path) -> None:
    view = Watched()
    run(FakeSystem("async", tmp_path), view)
    told = [stage.split(":")[0] for stage in view.stages]
    assert told == ["flash sale", "draining", "flash sale"]


def test_requests_logged_before_the_sale_are_not_its_own(tmp_path: Path) -> None:
    system = FakeSystem("sync", tmp_path)
    system.log_calls({"dynamodb:Scan": 100}, timestamp="2025-01-01T00:00:00Z")
    assert "dynamodb:Scan" not in run(system).api_calls


def test_services_that_log_no_requests_leave_the_bill_open(tmp_path: Path) -> None:
    system = FakeSystem("sync", tmp_path)

    def sell_silently(drive: Drive, **callbacks: object) -> None:
        system.sell(drive, **callbacks)  # type: ignore[arg-type]
        (system.run_dir / "logs" / "receiver-0.log").write_text("")

    result = run_scenario(
        system,
        FLASH,
        Watched(),
        billed_config=CONFIG,
        memory_before_mib=0,
        run=sell_silently,
        log_seconds=0,
    )
    assert result.bill is None
    assert result.dollars_per_million_orders is None
    assert result.api_calls_per_order is None
