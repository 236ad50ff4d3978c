from __future__ import annotations

import time
from pathlib import Path

import pytest

from lab.load.scenarios import FLASH
from lab.measure.measures import evaluate
from lab.measure.scenario import run_scenario
from tests.unit.lab.measure.system import FakeSystem, Watched


@pytest.mark.parametrize("topology", ["sync", "async", "serverless"])
def test_a_sale_is_driven_drained_and_audited(topology: str, tmp_path: Path) -> None:
    system, view = FakeSystem(topology, tmp_path), Watched()
    seen = run_scenario(system, FLASH.lasting(10), view, memory_before_mib=0, run=system.sell)
    result = evaluate(seen)
    assert (result.attempted, result.accepted, result.paid) == (1, 1, 1)
    assert result.audit is not None
    assert result.audit.passed
    assert result.audit.drained
    assert result.drain_seconds == pytest.approx(2.99)
    assert result.predicted.accepted
    assert system.checks >= 2
    assert view.sales
    assert view.drains


def test_the_stages_of_a_sale_are_told_in_order(tmp_path: Path) -> None:
    system, view = FakeSystem("async", tmp_path), Watched()
    run_scenario(system, FLASH, view, memory_before_mib=0, run=system.sell)
    told = [stage.split(":")[0] for stage in view.stages]
    assert told == ["flash sale", "draining", "flash sale"]


def test_the_stock_is_read_before_the_doors_open(tmp_path: Path) -> None:
    system = FakeSystem("sync", tmp_path)
    seen = run_scenario(system, FLASH, Watched(), memory_before_mib=0, run=system.sell)
    assert seen.sale.stock_before == {"1": 10, "SKU-001": 10}
    assert seen.sale.stock_after == {"1": 7, "SKU-001": 9}


def test_a_sale_waits_for_its_time(tmp_path: Path) -> None:
    system, due = FakeSystem("sync", tmp_path), time.time() + 0.2
    seen = run_scenario(
        system, FLASH, Watched(), memory_before_mib=0, not_before=due, run=system.sell
    )
    assert seen.readings[0].at >= due
