"""How the queue's calls are going: how long to back off, whether to be ready, what to log."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field

from botocore.exceptions import ClientError

from adapters.backoff import full_jitter
from adapters.logs import get_logger

LOG_EVERY_SECONDS = 60.0
BACKOFF_BASE_SECONDS = 0.25
BACKOFF_CAP_SECONDS = 10.0

_log = get_logger()


@dataclass
class QueueHealth:
    """Told of every receive; logs at most one line a minute however many of them fail."""

    unready_after_seconds: float
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    _failures_in_a_row: int = 0
    _failing_since: float = 0.0
    _unlogged: Counter[str] = field(default_factory=Counter)
    _logged_at: float = float("-inf")

    @property
    def ready(self) -> bool:
        """Whether the queue has answered, and has not been failing for too long."""
        if not self.answered.is_set():
            return False
        failing_for = _clock() - self._failing_since if self._failures_in_a_row else 0.0
        return failing_for < self.unready_after_seconds

    def succeeded(self) -> None:
        """Note that the queue answered."""
        self.answered.set()
        if self._failures_in_a_row:
            seconds = round(_clock() - self._failing_since, 3)
            _log.info("queue_recovered", failures=self._failures_in_a_row, seconds=seconds)
        self._failures_in_a_row = 0
        self._unlogged.clear()
        self._logged_at = float("-inf")

    def failed(self, error: BaseException) -> float:
        """Note that a call failed; return how many seconds to wait before the next one."""
        now = _clock()
        if not self._failures_in_a_row:
            self._failing_since = now
        self._failures_in_a_row += 1
        self._unlogged[_kind(error)] += 1
        if now - self._logged_at >= LOG_EVERY_SECONDS:
            self._logged_at = now
            _log.error("queue_failing", counts=dict(self._unlogged), last_error=str(error))
            self._unlogged.clear()
        return full_jitter(
            self._failures_in_a_row - 1,
            base_seconds=BACKOFF_BASE_SECONDS,
            cap_seconds=BACKOFF_CAP_SECONDS,
        )


def _clock() -> float:
    return asyncio.get_running_loop().time()


def _kind(error: BaseException) -> str:
    if isinstance(error, ClientError):
        return error.response.get("Error", {}).get("Code", "") or type(error).__name__
    return type(error).__name__
