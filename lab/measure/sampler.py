"""Reads the backlog and the machine's load once a second while a sale runs and drains."""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import NamedTuple, Self

import psutil

from lab.measure.backlog import Backlog, BacklogSource
from lab.measure.machine import MIB
from lab.results.model import Sample

INTERVAL_SECONDS = 1.0


class Reading(NamedTuple):
    """One look at the system; `at` is epoch seconds, memory is the whole machine's in use.

    `busy_percent` is of all cores together, `emulator_percent` the emulator's share of one.
    """

    at: float
    backlog: Backlog
    busy_percent: float
    memory_mib: float
    emulator_percent: float | None = None


class Sampler:
    """A thread that takes readings until the `with` block ends.

    A reading that fails is left out and counted in `missed`: a gap is honest, a guess is not.
    """

    def __init__(
        self,
        source: BacklogSource,
        interval_seconds: float = INTERVAL_SECONDS,
        emulator: psutil.Process | None = None,
    ) -> None:
        self.readings: list[Reading] = []
        self.missed = 0
        self._source = source
        self._emulator = emulator
        self._interval_seconds = interval_seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="backlog-sampler", daemon=True)

    def __enter__(self) -> Self:
        psutil.cpu_percent()  # the first calls only set the mark
        self._emulator_percent()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()
        if kind is None:
            self._take()  # the last reading shows the end state

    def _run(self) -> None:
        due = time.monotonic()
        while not self._stop.is_set():
            self._take()
            due = max(due + self._interval_seconds, time.monotonic())
            self._stop.wait(due - time.monotonic())

    def _take(self) -> None:
        try:
            backlog = self._source.read()
        except Exception:  # noqa: BLE001 - whatever failed, the next second has its own chance
            self.missed += 1
            return
        self.readings.append(
            Reading(
                at=time.time(),
                backlog=backlog,
                busy_percent=psutil.cpu_percent(),
                memory_mib=psutil.virtual_memory().used / MIB,
                emulator_percent=self._emulator_percent(),
            )
        )

    def _emulator_percent(self) -> float | None:
        return self._emulator.cpu_percent() if self._emulator else None


def samples_since(readings: list[Reading], began: float) -> list[Sample]:
    """Return the readings on a time axis that starts at `began`; earlier ones are left out."""
    return [
        (round(r.at - began, 2), r.backlog.waiting, r.backlog.in_work)
        for r in readings
        if r.at >= began
    ]


def busy_percent(readings: list[Reading], began: float, ended: float) -> float | None:
    """Return the machine's mean CPU load between two moments, all cores together."""
    return _mean([r.busy_percent for r in readings if began <= r.at <= ended])


def emulator_percent(readings: list[Reading], began: float, ended: float) -> float | None:
    """Return the emulator's mean CPU load between two moments, in percent of one core."""
    return _mean([r.emulator_percent for r in readings if began <= r.at <= ended])


def _mean(found: list[float] | list[float | None]) -> float | None:
    known = [each for each in found if each is not None]
    return sum(known) / len(known) if known else None
