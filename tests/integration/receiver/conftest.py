from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from benchmarks.aws_sides import AwsSide, emulator_side, operator_of
from tests.integration.receiver.process import ReceiverProcess, running_process


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AwsSide]:
    """One emulator for all tests; each call makes fresh tables and a fresh topic."""
    with emulator_side(tmp_path_factory.mktemp("emulator")) as side:
        yield side


@pytest.fixture
def resources(emulator: AwsSide) -> Mapping[str, str]:
    """The variables that point to tables and a topic of the test's own."""
    return emulator()


@pytest.fixture
def process(
    resources: Mapping[str, str], tmp_path: Path
) -> Iterator[Callable[..., ReceiverProcess]]:
    """Start `python -m receiver` with more or other variables; it ends with the test."""
    running: list[ReceiverProcess] = []

    def start(**variables: str) -> ReceiverProcess:
        path = {"PATH": os.environ.get("PATH", os.defpath)}
        log = tmp_path / f"receiver-{len(running)}.log"
        running.append(running_process({**path, **resources, **variables}, log))
        return running[-1]

    yield start
    for each in running:
        each.kill()


@pytest.fixture
def client(resources: Mapping[str, str]) -> Callable[[str], object]:
    """Make an operator's client of a service on the emulator."""
    return operator_of(resources)
