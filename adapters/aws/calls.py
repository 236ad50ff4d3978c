"""Counting the requests that really go to AWS: they are the bill, and the speed."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from typing import Any

from adapters.logs import get_logger

_log = get_logger()


class AwsCallCounter:
    """Counts every HTTP request to AWS by service and operation, retries included."""

    def __init__(self) -> None:
        self._calls: Counter[str] = Counter()

    def attach(self, client: Any) -> None:
        """Count the requests of this client from now on."""
        client.meta.events.register("before-send", self._count)

    def _count(self, event_name: str, **_: Any) -> None:
        # event names read "before-send.dynamodb.UpdateItem"
        self._calls[event_name.removeprefix("before-send.").replace(".", ":")] += 1

    def log_and_reset(self) -> None:
        """Log the counts since the last time as one `aws_calls` event, if there are any."""
        if self._calls:
            _log.info("aws_calls", calls=dict(self._calls))
            self._calls.clear()

    async def log_regularly(self, interval_seconds: float) -> None:
        """Log the counts every `interval_seconds` and once more at cancellation."""
        try:
            while True:
                await asyncio.sleep(interval_seconds)
                self.log_and_reset()
        finally:
            with suppress(ValueError):  # stdout may be closed at interpreter exit
                self.log_and_reset()
