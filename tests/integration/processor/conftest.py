from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.emulator.server import free_port
from tests.support.emulator import RunningEmulator
from tests.support.queue_shop import ProcessorProcess, QueueShop, start_processor


@pytest.fixture
def shop(shared_emulator: RunningEmulator) -> QueueShop:
    """Tables and queues of the test's own."""
    return QueueShop(shared_emulator)


@pytest.fixture
def processor(shop: QueueShop, tmp_path: Path) -> Iterator[Callable[..., ProcessorProcess]]:
    """Start processors of the shop with other or more variables; they end with the test."""
    running: list[ProcessorProcess] = []

    def start(*, port: int | None = None, wait: bool = True, **changes: str) -> ProcessorProcess:
        log = tmp_path / f"processor-{len(running)}.log"
        variables = {**shop.environment(), **changes}
        running.append(start_processor(variables, port or free_port(), log, wait=wait))
        return running[-1]

    yield start
    for each in running:
        each.kill()
