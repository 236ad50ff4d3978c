"""What the engine and its children take from the machine, and the error when it is not enough."""

from __future__ import annotations

import os
import resource
from pathlib import Path

from terminal.errors import UserError
from terminal.isolation import AWS_ISOLATION

SOURCES = Path(__file__).resolve().parents[2]
"""The folder that the engine itself is imported from."""
FEWEST = 256
"""The program's threads and the emulator's clients take some 150; macOS gives 256 by default."""
PLENTY = 10_240
"""What Locust asks for as well: a socket for each customer, and one more in the receiver."""


class EngineError(UserError):
    """The emulator, a resource, a service or a function could not be brought up or kept up."""


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


def allow_open_files() -> None:
    """Raise this process's own limit as far as the user's allows; children inherit it.

    Raises:
        UserError: it does not allow enough.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = PLENTY if hard == resource.RLIM_INFINITY else min(PLENTY, hard)
    if most < FEWEST:
        raise UserError(
            f"ulimit -n {most}: the lab needs {FEWEST} open files or more; raise the limit with "
            f"`ulimit -Hn {FEWEST}` (as root, or in /etc/security/limits.conf)"
        )
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
