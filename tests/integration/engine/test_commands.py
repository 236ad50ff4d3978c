from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from engine.emulator.server import free_port
from lab.__main__ import main
from terminal.project import ROOT
from tests.integration.engine.leftovers import processes_of

PATIENCE_SECONDS = 240.0

pytestmark = [pytest.mark.integration, pytest.mark.timeout(2 * PATIENCE_SECONDS)]


@pytest.fixture
def lab(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[object, str]]:
    """Run the command line in this process and return its exit code and standard error."""

    def run(*arguments: str) -> tuple[object, str]:
        monkeypatch.setattr(sys, "argv", ["lab", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code, capsys.readouterr().err

    return run


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["lunch"], "stack 'lunch' has no file"),
        (["async", "--config", "processorConcurrency=0"], "processorConcurrency"),
        (["async", "--config", "processorConcurency=5"], "nearest is processorConcurrency"),
        (["async", "--config", "processorConcurrency=many"], "processorConcurrency"),
        (["sync", "--config", "drainSeconds=90"], "drainSeconds"),
        (["sync", "--config", "receiverPort"], "key=value"),
    ],
)
def test_wrong_configuration_is_one_line_and_code_2(
    lab: Callable[..., tuple[object, str]], arguments: list[str], said: str
) -> None:
    code, errors = lab("up", *arguments)
    assert code == 2
    assert said in errors
    assert len(errors.splitlines()) == 1


def test_a_busy_port_is_one_line_with_the_remedy_and_code_2(
    lab: Callable[..., tuple[object, str]],
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, errors = lab("up", "sync", "--config", f"receiverPort={port}")
    assert code == 2
    said = f"lab: receiverPort {port} is in use; stop what listens there or choose another port"
    assert errors == f"{said} with --config receiverPort=...\n"


def test_up_under_nohup_outlives_the_terminal_and_ends_with_130_after_an_interrupt(
    tmp_path: Path,
) -> None:
    port, facts = free_port(), tmp_path / "facts.json"
    options = ["--config", f"receiverPort={port}", "--json", str(facts)]
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does; children inherit it
    process = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "lab", "up", "sync", *options],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "200"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    signal.signal(signal.SIGHUP, before)
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not facts.exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.1)
        family = [psutil.Process(process.pid), *psutil.Process(process.pid).children()]
        for each in family:
            each.send_signal(signal.SIGHUP)
        assert psutil.wait_procs(family, timeout=1.5)[0] == []
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=PATIENCE_SECONDS)
    finally:
        process.kill()
    assert process.returncode == 130
    assert f"curl -sS http://127.0.0.1:{port}/orders -H" in output
    assert "stopped; logs are in" in output
    known = json.loads(facts.read_text())
    assert known["outputs"]["api_url"] == f"http://127.0.0.1:{port}"
    assert known["pids"].keys() == {"receiver-0"}
    assert processes_of(Path(known["run_dir"])) == []
