"""Forks an environment for each bootstrap that announces itself, and ends both together."""

import contextlib
import os
import selectors
import signal
import socket
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from engine.functions import runtime_client

_WATCH_SECONDS = 0.5
_RETRY_SECONDS = 0.005
_READ_BYTES = 65_536
_STATE, _STARTED = 0, 19
_ENDED = frozenset({"", "X", "Z"})
_RECENT_SECONDS = 2.0
_MOST_BUSY = 2 * (os.cpu_count() or 1)
_NICENESS = 10
"""Functions do not compete with the services for a CPU on AWS; here the services come first."""


@dataclass(frozen=True)
class Bootstrap:
    """A process of the emulator; `started` tells it from a later one with its number."""

    pid: int
    started: str

    @property
    def alive(self) -> bool:
        """Whether this very process still exists."""
        return _stat(self.pid)[_STARTED] == self.started

    def environment(self) -> dict[str, str] | None:
        """Its variables; None while the shell hands over to the program that waits.

        Between the two programs of one process (execve) there are no variables to be read.

        Raises:
            OSError: it is gone.
        """
        variables = _environment(self.pid)
        if runtime_client.RUNTIME_API in variables:
            return variables
        if _stat(self.pid)[_STATE] in _ENDED:
            raise ProcessLookupError(self.pid)
        return None


class Forker:
    """One thread that reads announcements, forks, and watches bootstraps and environments."""

    def __init__(
        self,
        fifo: BinaryIO,
        handler: Callable[[Any, Any], Any],
        settings: dict[str, Any],
        output: runtime_client.Output,
    ) -> None:
        self._fifo = fifo
        self._handler = handler
        self._settings = settings
        self._output = output
        self._selector = selectors.DefaultSelector()
        self._bootstraps: dict[int, Bootstrap] = {}
        self._waiting: deque[Bootstrap] = deque()
        self._recent: dict[int, float] = {}
        self._partial = b""

    def serve(self) -> None:
        """Run until the process is killed."""
        ended, signalled = socket.socketpair()
        for end in (ended, signalled):
            end.settimeout(0)
        signal.set_wakeup_fd(signalled.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._selector.register(self._fifo, selectors.EVENT_READ, self._accept)
        self._selector.register(ended, selectors.EVENT_READ, lambda: self._reap(ended))
        watched = time.monotonic()
        while True:
            patience = _RETRY_SECONDS if self._waiting else _WATCH_SECONDS
            for key, _ in self._selector.select(patience):
                key.data()
            self._fork_waiting()
            if time.monotonic() >= watched + _WATCH_SECONDS:
                self._end_orphans()
                watched = time.monotonic()

    def _accept(self) -> None:
        *pids, self._partial = (self._partial + self._fifo.read(_READ_BYTES)).split(b"\n")
        self._waiting.extend(Bootstrap(int(pid), _stat(int(pid))[_STARTED]) for pid in pids)

    def _fork_waiting(self) -> None:
        """Fork as long as few of the recent environments want the CPU.

        The first invocation costs most of what an environment ever costs; begun all together, none
        would get done.
        """
        now = time.monotonic()
        self._recent = {pid: at for pid, at in self._recent.items() if now - at < _RECENT_SECONDS}
        for _ in range(len(self._waiting)):
            if self._busy() >= _MOST_BUSY:
                return
            bootstrap = self._waiting.popleft()
            # A bootstrap that has gone again needs no environment.
            with contextlib.suppress(OSError):
                if variables := bootstrap.environment():
                    self._fork(bootstrap, variables)
                else:
                    self._waiting.append(bootstrap)

    def _busy(self) -> int:
        return sum(_stat(pid)[_STATE] == "R" for pid in self._recent)

    def _fork(self, bootstrap: Bootstrap, variables: dict[str, str]) -> None:
        # Its standard error: the emulator reads both from one pipe, and the shell may still have
        # its standard output on the fifo.
        output = os.open(f"/proc/{bootstrap.pid}/fd/2", os.O_WRONLY)
        child = os.fork()
        if child == 0:
            self._become_environment(variables, output)
        os.close(output)
        self._bootstraps[child] = bootstrap
        self._recent[child] = time.monotonic()

    def _become_environment(self, variables: dict[str, str], output: int) -> None:
        """In the child: forget the fork server's business and serve invocations; never returns."""
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self._selector.close()
            self._fifo.close()
            os.nice(_NICENESS)
            self._output.also_to(output)
            runtime_client.serve(self._handler, variables, self._settings)
            status = 0
        except BaseException:  # noqa: BLE001 - the child must not run on as a fork server
            traceback.print_exc()
        finally:
            with contextlib.suppress(Exception):
                sys.stdout.flush()
            os._exit(status)

    def _reap(self, ended: socket.socket) -> None:
        """Collect environments that have ended; a bootstrap ends with its environment."""
        with contextlib.suppress(BlockingIOError):
            while ended.recv(_READ_BYTES):
                pass
        with contextlib.suppress(ChildProcessError):
            while True:
                child, _ = os.waitpid(-1, os.WNOHANG)
                if not child:
                    return
                bootstrap = self._bootstraps.pop(child)
                if bootstrap.alive:
                    os.kill(bootstrap.pid, signal.SIGTERM)

    def _end_orphans(self) -> None:
        """End the environments whose bootstrap was ended, as after a time-out."""
        for child, bootstrap in self._bootstraps.items():
            if not bootstrap.alive:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the process's state on; empty ones if there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return [""] * (_STARTED + 1)
    return stat.rpartition(")")[2].split()


def _environment(pid: int) -> dict[str, str]:
    entries = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    pairs = (os.fsdecode(entry).partition("=") for entry in entries if entry)
    return {key: value for key, _, value in pairs}
