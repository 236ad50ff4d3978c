"""Ends the children of a program that is killed and cannot: a process of its own on a pipe.

Run as a script it reads `+PID` and `-PID` lines, the process groups begun and ended; when the pipe
ends, so has the program, and whatever groups are left are killed.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import subprocess
import sys
import threading


class Reaper:
    """Tells the reaping process, started with the first group, what there is to end."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0

    def began(self, group: int) -> None:
        """Have this process group ended if this program is killed."""
        self._send(f"+{group}\n")

    def ended(self, group: int) -> None:
        """The group is gone; its number may soon be another's."""
        self._send(f"-{group}\n")

    def _send(self, line: str) -> None:
        with self._lock, contextlib.suppress(OSError):
            pipe = self._started().stdin
            if pipe is not None:
                pipe.write(line.encode())

    def _started(self) -> subprocess.Popen[bytes]:
        # A fork of this program shares neither pipe nor children with it.
        if self._process is None or self._owner != os.getpid():
            self._owner = os.getpid()
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", __file__],
                stdin=subprocess.PIPE,
                bufsize=0,
                env={},
                start_new_session=True,
            )
            atexit.register(self._release, self._process, os.getpid())
        return self._process

    @staticmethod
    def _release(process: subprocess.Popen[bytes], owner: int) -> None:
        """At this program's own end: the reaper ends with its pipe, not by garbage collection."""
        if owner == os.getpid():
            process.communicate()


REAPER = Reaper()


def main() -> None:
    """Keep the list of groups until the pipe ends, then kill what is on it."""
    groups: set[int] = set()
    for line in sys.stdin:
        (groups.add if line[0] == "+" else groups.discard)(int(line[1:]))
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    main()
