"""The processes under measurement: started, watched, and their CPU time read."""

from __future__ import annotations

import http.client
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 30.0


@contextmanager
def running(
    module: str, arguments: Sequence[str], environment: Mapping[str, str], ready: tuple[int, str]
) -> Iterator[psutil.Process]:
    """Run a module until the block ends; `ready` is the port and path that tell it has started."""
    command = [sys.executable, "-m", module, *arguments]
    with subprocess.Popen(  # noqa: S603 - our own modules
        command, env=dict(environment), cwd=ROOT, stdout=subprocess.DEVNULL
    ) as process:
        try:
            _wait_until_ready(process, *ready)
            yield psutil.Process(process.pid)
        finally:
            process.terminate()


def cpu_seconds(process: psutil.Process) -> float:
    """Return the user and system time that the process has used."""
    times = process.cpu_times()
    return float(times.user + times.system)


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, path: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
            connection.request("GET", path)
            if connection.getresponse().status == http.client.OK:
                return
        time.sleep(0.05)
    raise RuntimeError(f"{process.args!r} did not start")
