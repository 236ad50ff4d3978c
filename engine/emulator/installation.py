"""The emulator's own environment: it pins another botocore than the services use."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from engine.runtime.processes import EngineError

SOURCES = Path(__file__).resolve().parents[2]
"""The folder that the engine itself is imported from."""
PROJECT = Path(__file__).resolve().parent
INTERPRETER = PROJECT / ".venv" / "bin" / "python"
_PROGRAM = PROJECT / ".venv" / "bin" / "ministack"
_REMEDY = "run `uv sync --project engine/emulator --locked`"
_SYNC_SECONDS = 600


def interpreter() -> Path:
    """The emulator's Python, installed first where it is missing (downloads about 60 MB)."""
    if not _PROGRAM.exists():
        _install()
    return INTERPRETER


def version() -> str:
    """Name and version of the installed emulator, e.g. `ministack 1.5.33`."""
    for folder in PROJECT.glob(".venv/lib/python3*/site-packages/ministack-*.dist-info"):
        return f"ministack {metadata.PathDistribution(folder).version}"
    return "ministack (not installed)"


def _install() -> None:
    command = [_uv(), "sync", "--project", str(PROJECT), "--locked", "--python", sys.executable]
    try:
        done = subprocess.run(
            command,
            check=False,
            capture_output=True,
            text=True,
            timeout=_SYNC_SECONDS,
            # Where the user's projects have their environments is not where this one belongs.
            env={key: os.environ[key] for key in os.environ if key != "UV_PROJECT_ENVIRONMENT"},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EngineError(
            f"the emulator's environment {PROJECT / '.venv'} is missing and could not be made: "
            f"{error}; {_REMEDY}"
        ) from error
    if done.returncode:
        reason = done.stderr.strip().splitlines()[-1:] or ["no message"]
        raise EngineError(
            f"the emulator's environment {PROJECT / '.venv'} is missing and `uv sync` failed "
            f"(exit code {done.returncode}): {reason[0]}; {_REMEDY}"
        )


def _uv() -> str:
    """The uv on the PATH, or the one that `make` brought into the project or its environment."""
    beside = [Path(sys.executable).parent / "uv", *sorted(SOURCES.glob(".tools/**/bin/uv"))]
    found = shutil.which("uv") or next((str(path) for path in beside if path.exists()), None)
    if found is None:
        raise EngineError(
            f"the emulator's environment {PROJECT / '.venv'} is missing and uv was not found to "
            "make it; run `make setup`, or install uv and try again"
        )
    return found
