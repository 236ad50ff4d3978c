"""Stacks that an operator looks after."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from engine.deployment import deploy
from lab.cli.up import describe
from ops.find import UP_FILE, find_stack
from terminal.project import ROOT
from tests.integration.ops.ward import Commands, Ward

QUICK = {
    "paymentSeconds": "0.1",
    "leaseSeconds": "6",
    "visibilityTimeoutSeconds": "10",
    "visibilityExtensionIntervalSeconds": "3",
    "drainSeconds": "3",  # and no long poll that would outlast it
}
# The function's retries: soon, and yet after the lease of an order that was begun.
FIRST_RETRY_SECONDS = 0.1


def free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


@contextmanager
def deployed(
    topology: str, folder: Path, config: Mapping[str, str] | None = None
) -> Iterator[Ward]:
    """Keep a topology up as `lab up` does."""
    receiver_port, processor_port = free_ports(2)
    ports = {"receiverPort": str(receiver_port), "processorPort": str(processor_port)}
    with deploy(
        topology,
        project=ROOT,
        config={**QUICK, **ports, **(config or {})},
        run_dir=folder,
        first_retry_seconds=FIRST_RETRY_SECONDS,
    ) as deployment:
        path = folder / UP_FILE
        path.write_text(json.dumps(describe(deployment)), encoding="utf-8")
        yield Ward(find_stack(path, None), path)


@pytest.fixture
def lab(
    ward: Ward,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Callable[..., tuple[int, dict[str, object]]]:
    """Run a command on the module's stack."""

    def read() -> str:
        captured = capsys.readouterr()
        return captured.out + captured.err

    return Commands(ward, tmp_path, monkeypatch, read)
