from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.emulator.server import free_port
from tests.integration.receiver.breakable_wire import BreakableWire
from tests.support.emulator import RunningEmulator, running_emulator
from tests.support.queue_shop import ProcessorProcess, QueueShop, start_process

OURS = "ours"


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEmulator]:
    """One emulator for all of this chaos; each test has tables and queues of its own."""
    with running_emulator(tmp_path_factory.mktemp("chaos-emulator")) as running:
        yield running


@pytest.fixture
def consumer(tmp_path: Path) -> Iterator[Callable[..., ProcessorProcess]]:
    """Start consumers of a shop, ours or another, with other or more variables."""
    running: list[ProcessorProcess] = []

    def start(shop: QueueShop, variant: str = OURS, **changes: str) -> ProcessorProcess:
        log = tmp_path / f"{variant}-{len(running)}.log"
        command = [sys.executable, "-m", "benchmarks.consumers", variant]
        variables = {**shop.environment(), **changes}
        running.append(start_process(command, variables, free_port(), log))
        return running[-1]

    yield start
    for each in running:
        each.kill()


@pytest.fixture
def wire(emulator: RunningEmulator) -> Iterator[BreakableWire]:
    """What lies between the consumers and the emulator."""
    port = int(emulator.endpoint_url.rpartition(":")[2])
    with BreakableWire(port).running() as wire:
        yield wire
