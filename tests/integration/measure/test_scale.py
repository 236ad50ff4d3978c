"""`lab scale` from its first deployment to its page, with a sale of a few seconds."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from terminal.project import ROOT
from tests.integration.engine.leftovers import processes_of

pytestmark = pytest.mark.integration

PATIENCE_SECONDS = 170.0
QUICK = ("--seconds", "3", "--bound", "2", "--config", "paymentSeconds=0.3")


def scale(workers: str, path: Path) -> subprocess.Popen[str]:
    options = ("--workers", workers, *QUICK, "--json", str(path))
    return subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "lab", "scale", *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def folder_in(output: str) -> Path:
    """The run's folder, from the line that names its page."""
    [line] = [line for line in output.splitlines() if line.endswith("scale.html")]
    return Path(line.split()[-1]).parent


def the_one(data: dict[str, Any], workers: int) -> dict[str, Any]:
    [point] = [point for point in data["points"] if point["workers"] == workers]
    return dict(point)


@pytest.mark.timeout(PATIENCE_SECONDS + 10)
def test_a_queue_too_long_for_the_bound_is_predicted_and_every_order_accounted_for(
    tmp_path: Path,
) -> None:
    process = scale("1,60", tmp_path / "scale.json")
    try:
        output, _ = process.communicate(timeout=PATIENCE_SECONDS)
    finally:
        process.kill()
    assert process.returncode == 0, output
    data = json.loads((tmp_path / "scale.json").read_text())
    few, many = the_one(data, 1), the_one(data, 60)
    assert few["queued"] > 50
    assert few["settled"] + few["queued"] == few["sale"]["accepted"]
    assert few["forecast"]["drain_seconds"] > 10
    assert few["sale"]["drain_seconds"] is None
    assert many["forecast"] is None
    assert many["settled"] == many["sale"]["accepted"]
    assert many["sale"]["drain_seconds"] is not None
    for point in (few, many):
        audit = point["sale"]["audit"]
        found = {name: value["count"] for name, value in audit.items() if name != "drained"}
        assert set(found.values()) == {0}, found
    assert "PASS No order lost" in output
    folder = folder_in(output)
    assert "1 and 60 workers" in (folder / "scale.html").read_text()
    shutil.rmtree(folder)


@pytest.mark.timeout(PATIENCE_SECONDS + 10)
def test_an_interrupt_ends_with_130_and_keeps_what_was_measured(tmp_path: Path) -> None:
    path = tmp_path / "scale.json"
    process = scale("60,1", path)
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not path.exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.1)
        time.sleep(2)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=PATIENCE_SECONDS)
    finally:
        process.kill()
    assert process.returncode == 130, output
    data = json.loads(path.read_text())
    assert [point["workers"] for point in data["points"]] == [60]
    assert data["finished_at"] is None
    folder = folder_in(output)
    assert "unfinished run" in (folder / "scale.html").read_text()
    assert processes_of(folder) == []
    shutil.rmtree(folder)
