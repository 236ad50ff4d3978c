"""`lab coldstart` from its deployment to its table, and what it says when the function fails."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from engine.deployment import FreshProcess, deploy
from engine.runtime.processes import EngineError
from lab.coldstart.measure import measure_cold_start
from lab.measure.machine import with_free_ports
from terminal.project import ROOT

pytestmark = pytest.mark.integration

BILLED = {"lambdaMemoryMb": "256", "architecture": "arm64", "paymentSeconds": "3"}


@dataclass(frozen=True)
class BrokenSystem:
    """A deployed topology whose function is another one."""

    stack: str
    outputs: Mapping[str, str]
    config: Mapping[str, str]
    run_dir: Path
    logs: Path
    functions: Mapping[str, FreshProcess]
    emulator_pid: int
    client: Callable[[str], Any]
    check: Callable[[], None]


def test_orders_are_settled_in_fresh_processes_and_told_by_memory(tmp_path: Path) -> None:
    path = tmp_path / "cold.json"
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "lab", "coldstart", "--runs", "1", "--json", str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(path.read_text())
    assert found["init_ms"] > found["first_ms"] > 0
    assert found["runs"] == 1
    assert 10 < found["resident_mb"] < 100
    assert found["zipped_mb"] < 1.5
    assert "cold starts of the function, by its memory" in done.stdout
    plot = next(line for line in done.stdout.splitlines() if line.startswith("plot"))
    assert Path(plot.split()[-1]).is_file()


def test_a_function_that_fails_is_told_with_its_reason(tmp_path: Path) -> None:
    with deploy(
        "serverless", project=ROOT, config=with_free_ports({}), run_dir=tmp_path / "run"
    ) as system:
        (function,) = system.functions.values()
        environment = {**function.environment, "ORDERS_TABLE": "no-such-table"}
        broken = BrokenSystem(
            stack=system.stack,
            outputs=system.outputs,
            config=system.config,
            run_dir=system.run_dir,
            logs=system.logs,
            functions={"broken": replace(function, environment=environment)},
            emulator_pid=system.emulator_pid,
            client=system.client,
            check=system.check,
        )
        with pytest.raises(EngineError, match=r"process failed: .*orders table: Resource"):
            measure_cold_start(broken, BILLED, runs=1, progress=lambda _: None)
