"""How the queue's calls are going: how long to back off, whether to be ready, what to log."""

from __future__ import annotations

import asyncio
from collections import Counter

from kit.logging import get_logger
from kit.retry import full_jitter
from sqs_consumer.metrics import Hook, Metric
from sqs_consumer.queue import QueueError, request_id_of

LOG_EVERY_SECONDS = 60.0
BACKOFF_BASE_SECONDS = 0.25
BACKOFF_CAP_SECONDS = 10.0

_log = get_logger()


class QueueHealth:
    """Told how each call went; logs a kind of failure once a minute however many there are."""

    def __init__(self, unready_after_seconds: float, hook: Hook) -> None:
        self.answered = asyncio.Event()
        self._unready_after_seconds = unready_after_seconds
        self._hook = hook
        self._failures_in_a_row = 0
        self._failing_since = 0.0
        self._unlogged: Counter[str] = Counter()
        self._named: set[str] = set()
        self._logged_at = float("-inf")

    @property
    def ready(self) -> bool:
        """Whether the queue has answered, and receives have not been failing for too long."""
        if not self.answered.is_set():
            return False
        failing_seconds = _clock() - self._failing_since if self._failures_in_a_row else 0.0
        return failing_seconds < self._unready_after_seconds

    @property
    def failing(self) -> bool:
        """Whether the last receive failed."""
        return self._failures_in_a_row > 0

    def received(self) -> None:
        """Note that a receive was answered."""
        self.answered.set()
        if self._failures_in_a_row:
            seconds = round(_clock() - self._failing_since, 3)
            _log.info("queue_recovered", failures=self._failures_in_a_row, seconds=seconds)
            self._unlogged.clear()
            self._logged_at = float("-inf")
        self._failures_in_a_row = 0

    def receive_failed(self, error: BaseException) -> float:
        """Note a failed receive; return how many seconds to wait before the next one."""
        if not self._failures_in_a_row:
            self._failing_since = _clock()
        self._failures_in_a_row += 1
        self.failed("receive", error)
        return full_jitter(
            self._failures_in_a_row - 1,
            base_seconds=BACKOFF_BASE_SECONDS,
            cap_seconds=BACKOFF_CAP_SECONDS,
        )

    def failed(self, call: str, error: BaseException) -> None:
        """Note a failed call; the minute's line counts them by kind, a new kind gets its own."""
        self._hook(Metric.QUEUE_ERRORS, 1)
        kind = f"{call}: {_kind(error)}"
        self._unlogged[kind] += 1
        if _clock() - self._logged_at >= LOG_EVERY_SECONDS:
            self._logged_at = _clock()
            self._named.clear()
        elif kind in self._named:
            return
        self._named.update(self._unlogged)
        _log.error(
            "queue_failing",
            counts=dict(self._unlogged),
            last_error=str(error) or repr(error),
            request_id=request_id_of(error),
        )
        self._unlogged.clear()


def _clock() -> float:
    return asyncio.get_running_loop().time()


def _kind(error: BaseException) -> str:
    return error.code if isinstance(error, QueueError) else type(error).__name__
