"""`scripts/setup` on machines where something is missing: one line that helps, exit code 2."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

SETUP = Path(__file__).resolve().parents[2] / "scripts" / "setup"
Outcome = subprocess.CompletedProcess[str]


@pytest.fixture
def set_up(tmp_path: Path) -> Callable[..., Outcome]:
    """Run a copy of the script in a folder of its own, with this `uv` on the path."""
    script = tmp_path / "scripts" / "setup"
    script.parent.mkdir()
    shutil.copy(SETUP, script)
    tools = tmp_path / "tools"
    tools.mkdir()

    def run(*, uv: str = "exit 0", python: str = sys.executable) -> Outcome:
        fake = tools / "uv"
        fake.write_text(f"#!/bin/sh\n{uv}\n")
        fake.chmod(0o755)
        return subprocess.run(  # noqa: S603 - the script under test
            [str(script)],
            env={"PATH": f"{tools}:/usr/bin:/bin", "PYTHON": python},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def expect_one_line(outcome: Outcome, *parts: str) -> None:
    assert outcome.returncode == 2
    (line,) = [line for line in outcome.stderr.splitlines() if not line.endswith("...")]
    for part in (*parts, "build/setup.log"):
        assert part in line


def test_it_succeeds_when_every_tool_does(set_up: Callable[..., Outcome]) -> None:
    assert set_up().returncode == 0


def test_missing_python_headers_are_named_with_the_remedy(set_up: Callable[..., Outcome]) -> None:
    failing = "echo 'fatal error: Python.h: No such file or directory' >&2; exit 1"
    expect_one_line(set_up(uv=failing), "headers", "apt-get install python3-dev gcc")


def test_any_other_failure_ends_with_the_tools_own_last_line(
    set_up: Callable[..., Outcome],
) -> None:
    failing = "echo 'error: Failed to fetch: `somewhere`' >&2; exit 1"
    expect_one_line(set_up(uv=failing), "uv sync failed: error: Failed to fetch")


def test_a_python_that_does_not_exist_is_named(set_up: Callable[..., Outcome]) -> None:
    expect_one_line(set_up(python="/nowhere/python3"), "/nowhere/python3", "3.11 or later")


def test_a_python_that_is_too_old_is_named(set_up: Callable[..., Outcome], tmp_path: Path) -> None:
    old = tmp_path / "python3.9"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    expect_one_line(set_up(python=str(old)), str(old), "older than 3.11")
