"""Lambda's runtime API in the emulator, without the waits that AWS's does not have.

On its own each invocation takes 90 ms for nothing: 40 are Nagle's algorithm against a delayed
acknowledgement, because the head and the body of an answer are two small packets, and 50 are
waiting for log lines of a function that printed none.
"""
# ruff: noqa: SLF001 - the emulator has no public way in

import fcntl
import queue
import struct
import termios
import time
from typing import Any

from ministack.core import lambda_runtime  # type: ignore[import-not-found]

_ANSWER_BYTES = 65_536
_LOOK_SECONDS = 1.0
_LONGEST_LOG_SECONDS = 0.05
_LOG_POLL_SECONDS = 0.001


class PatientQueue:
    """The event of an environment; who waits for it is not woken ten times a second."""

    def __init__(self, pending: "queue.Queue[Any]") -> None:
        self._pending = pending

    def get(self, timeout: float) -> Any:
        """Return the next event; queue.Empty after a second, whatever was asked for."""
        return self._pending.get(timeout=max(timeout, _LOOK_SECONDS))


def answer_in_one_packet() -> None:
    """Let environments get their events in one packet, immediately."""
    worker_class = lambda_runtime.ProvidedWorker
    build = worker_class._build_handler_class

    def build_buffered(worker: Any, generation: int, pending: "queue.Queue[Any]") -> Any:
        handler = build(worker, generation, PatientQueue(pending))
        handler.wbufsize = _ANSWER_BYTES
        handler.disable_nagle_algorithm = True
        return handler

    worker_class._build_handler_class = build_buffered


def collect_written_logs() -> None:
    """Let an invocation wait for the log lines that its function wrote, not for those it may."""
    worker_class = lambda_runtime.ProvidedWorker
    # Read before it is replaced: another version that knows it no more fails here.
    worker_class._drain_stderr_bounded.__code__.co_varnames.index("first_line_wait")

    def collect(worker: Any, **_waits: float) -> str:
        deadline = time.monotonic() + _LONGEST_LOG_SECONDS
        while _unread_bytes(worker) and time.monotonic() < deadline:
            time.sleep(_LOG_POLL_SECONDS)
        lines: str = worker._drain_stderr()
        if not lines:  # one may be on its way: read from the pipe, and not yet in the list
            time.sleep(_LOG_POLL_SECONDS)
            lines = worker._drain_stderr()
        return lines

    worker_class._drain_stderr_bounded = collect


def _unread_bytes(worker: Any) -> int:
    """Return how much of its output the environment's pipe still holds; 0 when it is closed."""
    try:
        told = fcntl.ioctl(worker._proc.stdout, termios.FIONREAD, b"\0\0\0\0")
    except (AttributeError, OSError, ValueError):
        return 0
    count: int = struct.unpack("i", told)[0]
    return count
