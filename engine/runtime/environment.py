"""What a child process or a client may know of the machine: nothing of the user's AWS set-up."""

from __future__ import annotations

import os
from pathlib import Path

from terminal.isolation import AWS_ISOLATION

SOURCES = Path(__file__).resolve().parents[2]
"""The folder that the engine itself is imported from."""


def minimal_environment(home: Path) -> dict[str, str]:
    """What any program needs to start, and nothing that belongs to the user."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        "HOME": str(home),
        "TMPDIR": str(home),
        "PYTHONUNBUFFERED": "1",
        **AWS_ISOLATION,
    }
