"""Child processes in groups of their own: started, watched and ended as a whole."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from engine.runtime.reaper import REAPER
from terminal.errors import UserError
from terminal.interrupts import impatient, shielded
from terminal.isolation import AWS_ISOLATION

FEWEST = 256
"""The program's threads and the emulator's clients take some 150; macOS gives 256 by default."""
PLENTY = 10_240
"""What a load generator on this machine wants: a socket for each client, and one in the service."""
_TAIL_BYTES = 16_384
_POLL_SECONDS = 0.02
_KILL_SECONDS = 5.0


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
            f"ulimit -n {most}: the engine needs {FEWEST} open files or more; raise the limit with "
            f"`ulimit -Hn {FEWEST}` (as root, or in /etc/security/limits.conf)"
        )
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def last_lines(path: Path, count: int = 12) -> str:
    """The last lines of a log, or a note that there are none."""
    try:
        with path.open("rb") as log:
            log.seek(0, os.SEEK_END)
            log.seek(max(0, log.tell() - _TAIL_BYTES))
            lines = log.read().decode(errors="replace").splitlines()
    except OSError:
        return "(no log)"
    return "\n".join(lines[-count:]) or "(the log is empty)"


class ManagedProcess:
    """A program in a session of its own whose output is appended to a log file."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        cwd: Path,
        log: Path,
        pass_fds: Sequence[int] = (),
    ) -> None:
        self.name = name
        self.log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        with shielded(), log.open("ab") as output:
            try:
                self._popen = subprocess.Popen(
                    list(command),
                    env=dict(environment),
                    cwd=cwd,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    pass_fds=tuple(pass_fds),
                )
            except OSError as error:
                raise EngineError(f"{name} could not be started: {error}") from error
            REAPER.began(self._popen.pid)

    @property
    def pid(self) -> int:
        """The process id, which is also its group's."""
        return self._popen.pid

    @property
    def running(self) -> bool:
        """Whether the program has not ended yet."""
        return self._popen.poll() is None

    def check(self) -> None:
        """Raise EngineError with the exit code and the last log lines if the program has ended."""
        code = self._popen.poll()
        if code is not None:
            raise EngineError(
                f"{self.name} ended with {_exit_words(code)}; log: {self.log}; last lines:\n"
                f"{last_lines(self.log)}"
            )

    def send(self, number: signal.Signals) -> None:
        """Signal the whole group; a group that is gone is no error."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)

    def kill(self) -> None:
        """End the whole group immediately and collect the leader."""
        self.send(signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._popen.wait(_KILL_SECONDS)
        REAPER.ended(self.pid)


def stop_together(processes: Iterable[ManagedProcess], *, patience_seconds: float) -> None:
    """Send SIGTERM to each leader, wait for all of them together, then kill what is left."""
    stopping = list(processes)
    with shielded():
        for process in stopping:
            if process.running:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGTERM)
        deadline = time.monotonic() + patience_seconds
        while any(process.running for process in stopping):
            if time.monotonic() >= deadline or impatient():
                break
            time.sleep(_POLL_SECONDS)
        for process in stopping:
            process.kill()


def _exit_words(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    with contextlib.suppress(ValueError):
        return signal.Signals(-code).name
    return f"signal {-code}"
