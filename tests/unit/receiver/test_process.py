"""`python -m receiver` as a process: its last words and its exit code."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.unit.receiver.test_settings import VARIABLES

pytestmark = [pytest.mark.process, pytest.mark.socket]

ROOT = Path(__file__).parents[3]


def run(variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "receiver"],
        env=dict(variables),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_wrong_settings_end_with_one_line_each_and_code_2() -> None:
    ended = run({**VARIABLES, "PORT": "0", "TOPOLOGY": "both"})
    assert ended.returncode == 2
    assert [line.split(" ")[0] for line in ended.stderr.splitlines()] == ["PORT", "TOPOLOGY"]
    assert ended.stdout == ""


def test_a_busy_port_ends_with_one_line_and_code_2() -> None:
    with socket.create_server(("0.0.0.0", 0)) as other:  # noqa: S104 - the receiver's own address
        port = other.getsockname()[1]
        ended = run({**VARIABLES, "PORT": str(port)})
    assert ended.returncode == 2
    (line,) = ended.stderr.splitlines()
    assert line.startswith(f"PORT = {port}: cannot be bound (address already in use)")


def test_a_backend_that_does_not_answer_ends_with_a_log_line_and_code_1() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        endpoint = f"http://127.0.0.1:{closed.getsockname()[1]}"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    aws = {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    }
    ended = run({**VARIABLES, **aws, "PORT": str(port)})
    assert ended.returncode == 1
    assert '"event":"start_failed"' in ended.stdout
    assert "Traceback" not in ended.stdout + ended.stderr
