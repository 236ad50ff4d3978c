"""Counting the requests that really go to AWS, which are the bill and the speed, and what fails."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from adapters.aws.fast.dynamodb import CANCELLED, CONDITION_FAILED
from adapters.aws.fast.errors import Refused
from adapters.aws.fast.service import Attempt
from kit.background import running
from kit.logging import get_logger

LOG_SECONDS = 5.0
# Answers that our own conditions ask for: the order is claimed, the stock is sold out.
REFUSALS = {CONDITION_FAILED, CANCELLED}

_log = get_logger()


class AwsCallCounter:
    """Counts every request to AWS by service and operation, retries included.

    Those that failed, in the end or not, are counted by their error as well.
    """

    def __init__(self) -> None:
        self._calls: Counter[str] = Counter()
        self._failures: Counter[tuple[str, str]] = Counter()
        self._request_ids: dict[tuple[str, str], str] = {}

    def observe(self, attempt: Attempt) -> None:
        """Count one request."""
        call = f"{attempt.service}:{attempt.operation}"
        self._calls[call] += 1
        error = attempt.error
        if error is None:
            return
        code = error.code if isinstance(error, Refused) else type(error).__name__
        if code not in REFUSALS:
            self._failures[call, code] += 1
            self._request_ids[call, code] = attempt.request_id

    def log_and_reset(self) -> None:
        """Log the counts since the last time: `aws_calls`, `aws_failures`, each if there are any.

        A failure comes with the id of its last request, which AWS's support asks for first.
        """
        if self._calls:
            _log.info("aws_calls", calls=dict(self._calls))
            self._calls.clear()
        if self._failures:
            _log.warning("aws_failures", failures=[self._told(*kind) for kind in self._failures])
            self._failures.clear()
            self._request_ids.clear()

    async def log_regularly(self, interval_seconds: float) -> None:
        """Log the counts every `interval_seconds` and once more at cancellation."""
        try:
            while True:
                await asyncio.sleep(interval_seconds)
                self.log_and_reset()
        finally:
            with suppress(ValueError):  # stdout may be closed at interpreter exit
                self.log_and_reset()

    def _told(self, call: str, error: str) -> dict[str, Any]:
        told = {"call": call, "error": error, "count": self._failures[call, error]}
        request_id = self._request_ids[call, error]
        return {**told, "request_id": request_id} if request_id else told


@asynccontextmanager
async def counted_calls() -> AsyncIterator[AwsCallCounter]:
    """Return a counter that logs every few seconds while the context is open, and at its end."""
    counter = AwsCallCounter()
    async with running(counter.log_regularly(LOG_SECONDS)):
        yield counter
