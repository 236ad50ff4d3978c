"""How many files and sockets the lab and its children may have open."""

from __future__ import annotations

import resource

from terminal.errors import UserError

FEWEST = 256
"""The program's threads and the emulator's clients take some 150; macOS gives 256 by default."""
PLENTY = 10_240
"""What Locust asks for as well: a socket for each customer, and one more in the receiver."""


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
