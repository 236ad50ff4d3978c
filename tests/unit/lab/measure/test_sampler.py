from __future__ import annotations

import time

import psutil
import pytest

from lab.measure.backlog import Backlog
from lab.measure.sampler import Reading, Sampler, busy_percent, samples_since
from tests.unit.lab.measure.fakes import Countdown


def test_a_sampler_reads_until_its_block_ends_and_once_more() -> None:
    source = Countdown(5, 4, 3, 2, 1, 0)
    with Sampler(source, interval_seconds=0.02) as sampler:
        while source.asked < 5:
            time.sleep(0.005)
    assert [reading.backlog.total for reading in sampler.readings][:5] == [5, 4, 3, 2, 1]
    assert sampler.readings[-1].backlog.total == 0
    assert sampler.missed == 0


def test_a_sampler_that_is_told_the_emulator_reads_its_load_too() -> None:
    source = Countdown(1, 0)
    with Sampler(source, interval_seconds=0.01, emulator=psutil.Process()) as told:
        pass
    with Sampler(source, interval_seconds=0.01) as untold:
        pass
    assert all((reading.emulator_percent or 0) >= 0 for reading in told.readings)
    assert None not in {reading.emulator_percent for reading in told.readings}
    assert {reading.emulator_percent for reading in untold.readings} == {None}


def test_a_reading_that_fails_is_a_gap_and_not_the_end() -> None:
    source = Countdown(7, OSError("emulator busy"), 6)
    with Sampler(source, interval_seconds=0.01) as sampler:
        while source.asked < 4:
            time.sleep(0.005)
    assert sampler.missed == 1
    assert [reading.backlog.total for reading in sampler.readings][:2] == [7, 6]


def test_the_time_axis_starts_with_the_sale_and_leaves_out_what_came_before() -> None:
    readings = [Reading(at, Backlog(n, 1), 50.0, 1.0) for n, at in enumerate((9.5, 10.0, 11.5))]
    assert samples_since(readings, 10.0) == [(0.0, 1, 1), (1.5, 2, 1)]


def test_the_machines_load_is_the_mean_within_the_sale() -> None:
    readings = [Reading(at, Backlog(0, 0), busy, 1.0) for at, busy in ((0, 99), (1, 40), (2, 60))]
    assert busy_percent(readings, 0.5, 2.0) == pytest.approx(50)
    assert busy_percent(readings, 5, 6) is None
