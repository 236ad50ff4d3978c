"""The commands as a user types them, as far as no emulator is needed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from lab.load.scenarios import FLASH, NORMAL
from lab.results.files import write_results
from tests.unit.lab.simulated import simulated_results

pytestmark = pytest.mark.process

ROOT = Path(__file__).resolve().parents[4]


def lab(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - the project's own command
        [sys.executable, "-m", "lab", *arguments],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        timeout=100,
    )


WRITERS = (["demo"], ["up", "async"], ["scale"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["demo", "--topology", "batch"], "batch"),
        (["demo", "--scenario", "quiet"], "quiet"),
        (["demo", "--seconds", "0"], "--seconds"),
        (["demo", "--config", "paymentSeconds"], "not key=value"),
        *(([*command, "--json", "/nowhere/x.json"], "cannot be written") for command in WRITERS),
        (["report", "/nowhere"], "cannot read /nowhere: No such file"),
    ],
)
def test_wrong_input_is_refused_with_code_2_before_anything_starts(
    arguments: list[str], message: str
) -> None:
    done = lab(*arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_report_is_made_again_from_kept_results(tmp_path: Path) -> None:
    write_results(
        simulated_results(NORMAL.lasting(5), FLASH.lasting(10)), tmp_path / "results.json"
    )
    done = lab("report", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "PASS No order lost" in done.stdout
    assert f"report   {tmp_path / 'report.html'}" in done.stdout
    assert "<h1>No order lost" in (tmp_path / "report.html").read_text()
