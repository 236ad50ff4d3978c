from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from engine.emulator.server import free_port, port_is_free
from terminal.project import ROOT
from tests.integration.engine.leftovers import files_but_logs, processes_of

pytestmark = pytest.mark.integration

SCRIPT = Path(__file__).with_name("deploy_and_wait.py")
PATIENCE_SECONDS = 30.0
STEPS = ("starting the emulator", "running the Pulumi program", "starting", "up")


@contextmanager
def deploying(stack: str, run_dir: Path, *config: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(  # noqa: S603 - our own script
        [sys.executable, str(SCRIPT), stack, str(run_dir), *config],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_for(process: subprocess.Popen[str], step: str) -> None:
    assert process.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        assert selector.select(PATIENCE_SECONDS), f"never said {step!r}"
    for line in process.stdout:
        if line.startswith(step):
            return
    pytest.fail(f"ended before it said {step!r}: {process.communicate()[1]}")


@pytest.mark.parametrize(
    ("stack", "step", "number"),
    [
        *(("service", step, signal.SIGINT) for step in STEPS),
        *(("function", step, signal.SIGTERM) for step in STEPS),
    ],
)
def test_an_interrupt_at_any_step_leaves_no_process_port_or_file(
    stack: str, step: str, number: signal.Signals, run_dir: Path
) -> None:
    port = free_port()
    with deploying(stack, run_dir, f"port={port}") as process:
        wait_for(process, step)
        process.send_signal(number)
        _, errors = process.communicate(timeout=PATIENCE_SECONDS)
    assert "KeyboardInterrupt" in errors.splitlines()[-1]
    assert processes_of(run_dir) == []
    assert port_is_free(port)
    assert files_but_logs(run_dir) == []


@pytest.mark.parametrize("stack", ["service", "function"])
def test_a_killed_lab_leaves_no_process_either(stack: str, run_dir: Path) -> None:
    with deploying(stack, run_dir, f"port={free_port()}") as process:
        wait_for(process, "up")
        assert processes_of(run_dir)
        process.kill()
        process.wait(PATIENCE_SECONDS)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while processes_of(run_dir) and time.monotonic() < deadline:
            time.sleep(0.1)
    assert processes_of(run_dir) == []


def test_a_second_interrupt_ends_the_wait_for_a_stubborn_service(run_dir: Path) -> None:
    config = ("program=stubborn", f"port={free_port()}", f"stopTimeout={2 * PATIENCE_SECONDS:.0f}")
    with deploying("service", run_dir, *config) as process:
        wait_for(process, "up")
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        assert process.poll() is None, "it did not wait for the service"
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE_SECONDS)
    assert processes_of(run_dir) == []
