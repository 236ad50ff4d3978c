from __future__ import annotations

import socket
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from engine.emulator.installation import PROJECT, version
from engine.emulator.server import HOST, Credentials, Emulator, port_is_free
from engine.runtime.processes import EngineError
from tests.integration.engine.leftovers import files_but_logs, processes_of
from tests.support.emulator import REGION, RunningEmulator

pytestmark = pytest.mark.integration


def test_it_answers_on_the_loopback_address_only_and_is_gone_when_closed(run_dir: Path) -> None:
    with Emulator(run_dir, region=REGION) as emulator:
        emulator.start()
        port = emulator.port
        client = RunningEmulator(emulator.endpoint_url, emulator.operator).client("sts")
        assert client.get_caller_identity()["Account"] == "123456789012"
        assert processes_of(run_dir)
    assert port_is_free(port)
    assert processes_of(run_dir) == []
    assert files_but_logs(run_dir) == [run_dir / "tmp"]
    assert list((run_dir / "tmp").iterdir()) == []


def test_the_installed_version_is_the_one_that_is_pinned() -> None:
    pinned = (PROJECT / "pyproject.toml").read_text()
    assert version().replace(" ", "==") in pinned


def test_a_busy_port_is_refused_before_anything_starts(run_dir: Path) -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        emulator = Emulator(run_dir, region=REGION)
        with pytest.raises(EngineError, match=f"port {port} is in use"):
            emulator.start(port)
    assert processes_of(run_dir) == []


def test_an_emulator_that_ends_at_once_is_reported_with_its_last_lines(
    run_dir: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho the emulator is out of order\nexit 1\n")
    broken.chmod(0o755)
    with (
        Emulator(run_dir, region=REGION, python=lambda: broken) as emulator,
        pytest.raises(EngineError, match=r"(?s)did not start.*emulator\.log.*out of order"),
    ):
        emulator.start()


def test_a_made_up_key_is_not_let_in(shared_emulator: RunningEmulator) -> None:
    stranger = Credentials("AKIASTRANGER00000000", "secret")
    with pytest.raises(ClientError, match=r"security token .* is invalid"):
        shared_emulator.client("sqs", stranger).list_queues()
