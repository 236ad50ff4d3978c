from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import psutil
import pytest

from engine.runtime.processes import (
    EngineError,
    ManagedProcess,
    last_lines,
    minimal_environment,
    stop_together,
)
from tests.support.user_setup import USERS

pytestmark = pytest.mark.process

PARENT = """
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print("up", flush=True)
time.sleep(60)
"""
STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("up", flush=True)
time.sleep(60)
"""


def started(code: str, tmp_path: Path, name: str = "child") -> ManagedProcess:
    return ManagedProcess(
        name,
        [sys.executable, "-c", code],
        environment=minimal_environment(tmp_path),
        cwd=tmp_path,
        log=tmp_path / "logs" / f"{name}.log",
    )


def says_up(process: ManagedProcess) -> None:
    deadline = time.monotonic() + 20
    while "up" not in last_lines(process.log) and time.monotonic() < deadline:
        time.sleep(0.01)


def test_a_process_that_ended_is_reported_with_its_code_its_last_lines_and_its_log(
    tmp_path: Path,
) -> None:
    process = started("print('the reason'); raise SystemExit(3)", tmp_path)
    stop_together([], patience_seconds=0)
    deadline = time.monotonic() + 20
    while process.running and time.monotonic() < deadline:
        time.sleep(0.01)
    with pytest.raises(
        EngineError, match=r"(?s)child ended with exit code 3.*child\.log.*the reason"
    ):
        process.check()


def test_killing_a_process_ends_its_children_too(tmp_path: Path) -> None:
    process = started(PARENT, tmp_path)
    says_up(process)
    (child,) = psutil.Process(process.pid).children()
    process.kill()
    gone, alive = psutil.wait_procs([child], timeout=10)
    assert gone
    assert not alive
    with pytest.raises(EngineError, match="SIGKILL"):
        process.check()


def test_who_ignores_sigterm_is_killed_when_patience_ends(tmp_path: Path) -> None:
    process = started(STUBBORN, tmp_path)
    says_up(process)
    stop_together([process], patience_seconds=0.2)
    assert not process.running


def test_a_program_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="child could not be started"):
        ManagedProcess(
            "child", [str(tmp_path / "no")], environment={}, cwd=tmp_path, log=tmp_path / "l"
        )


def test_the_last_lines_of_a_log_are_the_last_ones(tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert last_lines(log) == "(no log)"
    log.write_text("")
    assert last_lines(log) == "(the log is empty)"
    log.write_text("\n".join(str(number) for number in range(100)))
    assert last_lines(log, 2) == "98\n99"


def test_a_child_learns_nothing_of_the_users_aws_setup(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key, value in USERS.items():
        monkeypatch.setenv(key, value)
    environment = minimal_environment(tmp_path)
    assert not environment.keys() & USERS.keys()
    assert environment["HOME"] == environment["TMPDIR"] == str(tmp_path)
    assert environment["AWS_CONFIG_FILE"] == os.devnull
