from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from lab.load.drive import Drive
from lab.load.records import Record, Recorder
from lab.load.scenarios import FLASH
from lab.measure.measures import evaluate
from lab.measure.scenario import run_scenario
from tests.unit.lab.measure.fake_system import SALE_BEGAN, FakeSystem, RecordingView
from tests.unit.lab.measure.fakes import order_item


@pytest.mark.parametrize("topology", ["sync", "async", "serverless"])
def test_a_sale_is_driven_drained_and_audited(topology: str, tmp_path: Path) -> None:
    system, view = FakeSystem(topology, tmp_path), RecordingView()
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
    system, view = FakeSystem("async", tmp_path), RecordingView()
    run_scenario(system, FLASH, view, memory_before_mib=0, run=system.sell)
    told = [stage.split(":")[0] for stage in view.stages]
    assert told == ["flash sale", "draining", "flash sale"]


def test_the_stock_is_read_before_the_doors_open(tmp_path: Path) -> None:
    system = FakeSystem("sync", tmp_path)
    seen = run_scenario(system, FLASH, RecordingView(), memory_before_mib=0, run=system.sell)
    assert seen.sale.stock_before == {"1": 10, "SKU-001": 10}
    assert seen.sale.stock_after == {"1": 7, "SKU-001": 9}


def test_a_sale_waits_for_its_time(tmp_path: Path) -> None:
    system, due = FakeSystem("sync", tmp_path), time.time() + 0.2
    seen = run_scenario(
        system, FLASH, RecordingView(), memory_before_mib=0, not_before=due, run=system.sell
    )
    assert seen.readings[0].at >= due


class Unfinished(FakeSystem):
    """A system whose workers stopped for ever before the second order."""

    def __init__(self, run_dir: Path) -> None:
        super().__init__("async", run_dir)

    def sell(self, drive: Drive, **options: Any) -> None:
        super().sell(drive, **options)
        recorder = Recorder(drive.records)
        recorder.write(Record("two", drive.scenario.name, 202, 10.0, SALE_BEGAN, SALE_BEGAN + 1))
        recorder.close()
        self.dynamodb.tables["orders"].append(order_item("two"))
        self.queue.give({"schema": 1, "order_id": "two"})


def test_what_is_not_paid_within_the_bound_is_found_in_the_queue(tmp_path: Path) -> None:
    system, view = Unfinished(tmp_path), RecordingView()
    seen = run_scenario(
        system, FLASH, view, memory_before_mib=0, bound_seconds=0.01, run=system.sell
    )
    assert not seen.drained
    assert view.drains[-1].elapsed_seconds < 5
    assert seen.sale.queued == {"two"}
    assert seen.readings[-1].backlog == (1, 0), "the curve was read before the queue was emptied"
    result = evaluate(seen)
    assert (result.accepted, result.paid, result.lost) == (2, 1, 0)
    assert result.audit is not None
    assert result.audit.passed
    assert any("taking the remainder" in stage for stage in view.stages)


def test_a_queue_that_runs_empty_within_the_bound_is_left_alone(tmp_path: Path) -> None:
    system = FakeSystem("async", tmp_path)
    seen = run_scenario(
        system, FLASH, RecordingView(), memory_before_mib=0, bound_seconds=5, run=system.sell
    )
    assert seen.drained
    assert seen.sale.queued == frozenset()
    assert system.queue.received == 0
