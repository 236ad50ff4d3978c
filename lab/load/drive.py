"""Runs Locust beside the lab: in a process of its own, because gevent patches the one it is in."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from engine.runtime.processes import minimal_environment
from lab.load.records import Outcome, RecordTail
from lab.load.scenarios import Scenario
from terminal.errors import UserError
from terminal.interrupts import shielded
from terminal.project import ROOT

LOCUSTFILE = ROOT / "tests" / "load" / "locustfile.py"
POLL_SECONDS = 0.25
# The longest a customer waits for an answer, and what Locust needs to start and to stop.
GRACE_SECONDS = 120.0
TERMINATE_SECONDS = 5.0
LAST_LOG_LINES = 15
# Locust ends its log with tables, which would hide its last messages.
STATISTICS = "\nType "


class LoadError(UserError):
    """Locust could not run the sale."""


@dataclass(frozen=True)
class LoadProgress:
    """How far a sale has come; nothing is known before the first answer."""

    elapsed_seconds: float
    users: int
    accepted: int
    rejected: int
    failed: int

    @property
    def answered_per_second(self) -> float:
        """Answers a second since the sale began."""
        answered = self.accepted + self.rejected + self.failed
        return answered / self.elapsed_seconds if self.elapsed_seconds > 0 else 0.0


@dataclass(frozen=True)
class Drive:
    """One sale to run: where, what, and which files to leave."""

    host: str
    scenario: Scenario
    records: Path
    log: Path
    endpoint: str = "/orders"
    api_key: str = ""

    def command(self) -> list[str]:
        """Return Locust's command line."""
        return [
            *(sys.executable, "-m", "locust", "-f", str(LOCUSTFILE), "--headless"),
            *("--host", self.host, "--endpoint", self.endpoint),
            *("--scenario", self.scenario.name),
            *("--sale-seconds", f"{self.scenario.duration_seconds:g}"),
            # Rejected orders are a result here, not an error of the test.
            *("--exit-code-on-error", "0", "--only-summary"),
        ]

    @property
    def home(self) -> Path:
        """Locust's home and working folder, empty: it reads settings in the user's.

        https://docs.locust.io/en/stable/configuration.html#configuration-file
        """
        return self.records.parent / "tmp" / "locust"

    def environment(self) -> dict[str, str]:
        """Return Locust's environment: nothing of the user's, neither settings nor proxies."""
        return {
            **minimal_environment(self.home),
            "LOAD_RECORDS": str(self.records),
            # In the environment, where no list of processes shows it.
            **({"SHOP_API_KEY": self.api_key} if self.api_key else {}),
            "PYTHONPATH": str(ROOT),
        }


def run_sale(
    drive: Drive,
    *,
    progress: Callable[[LoadProgress], None] = lambda _: None,
    check: Callable[[], None] = lambda: None,
) -> None:
    """Run the sale to its end, open orders included; `check` is called often and may raise.

    Raises:
        LoadError: Locust failed, hung, or recorded no order.
    """
    deadline = time.monotonic() + drive.scenario.duration_seconds + GRACE_SECONDS
    tail = RecordTail(drive.records)
    with _locust(drive) as process:
        while (code := process.poll()) is None:
            if time.monotonic() > deadline:
                raise _error(drive, "did not end in time")
            check()
            tail.refresh()
            progress(progress_at(drive.scenario, tail, now=time.time()))
            time.sleep(POLL_SECONDS)
    tail.refresh()
    if code != 0:
        raise _error(drive, f"ended with exit code {code}")
    if tail.answered == 0:
        raise _error(drive, "sent no order")
    progress(progress_at(drive.scenario, tail, now=time.time()))


def progress_at(scenario: Scenario, tail: RecordTail, *, now: float) -> LoadProgress:
    """Return how far the sale is at that moment, in epoch seconds, by what its customers noted."""
    began = tail.first_sent_at
    elapsed = 0.0 if began is None else max(0.0, now - began)
    return LoadProgress(
        elapsed_seconds=elapsed,
        users=0 if began is None else scenario.users_at(elapsed),
        accepted=tail.counts[Outcome.ACCEPTED],
        rejected=tail.counts[Outcome.REJECTED],
        failed=tail.counts[Outcome.FAILED],
    )


@contextmanager
def _locust(drive: Drive) -> Iterator[subprocess.Popen[bytes]]:
    for folder in (drive.log.parent, drive.home):
        folder.mkdir(parents=True, exist_ok=True)
    with drive.log.open("wb") as log, ExitStack() as stack:
        with shielded():  # an interrupt waits until there is somebody to end the process
            process = _start(drive, log)
            stack.callback(_end, process)
        yield process


def _start(drive: Drive, log: IO[bytes]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        drive.command(),
        env=drive.environment(),
        cwd=drive.home,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,  # a Ctrl-C is ours to pass on, once
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    """End Locust and whatever it started, politely first; a second interrupt waits for that."""
    with shielded():
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(timeout=TERMINATE_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _error(drive: Drive, what: str) -> LoadError:
    log = drive.log.read_text(encoding="utf-8", errors="replace")
    messages = log.split(STATISTICS, 1)[0].splitlines()
    shown = "\n".join(f"  {line}" for line in messages[-LAST_LOG_LINES:] if line.strip())
    return LoadError(
        f"locust {what} in scenario {drive.scenario.name} against {drive.host}; "
        f"its log is {drive.log}, the last lines:\n{shown}"
    )
