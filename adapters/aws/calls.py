"""Counting the requests that really go to AWS, which are the bill and the speed, and what fails."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from kit.logging import get_logger

# Answers that our own conditions ask for: the order is claimed, the stock is sold out.
REFUSALS = {"ConditionalCheckFailedException", "TransactionCanceledException"}

_log = get_logger()


class AwsCallCounter:
    """Counts every HTTP request to AWS by service and operation, retries included.

    Calls that failed in the end, and quick ones without an answer, are counted by their error.
    """

    def __init__(self) -> None:
        self._calls: Counter[str] = Counter()
        self._failures: Counter[tuple[str, str]] = Counter()
        self._request_ids: dict[tuple[str, str], str] = {}

    def attach(self, client: Any) -> None:
        """Count the requests of this client from now on."""
        events = client.meta.events
        events.register("before-send", self._count)
        events.register("after-call", self._answered)
        events.register("after-call-error", self._unanswered)

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

    def _count(self, event_name: str, **_: Any) -> None:
        self._calls[_call(event_name)] += 1

    def _answered(
        self, event_name: str, http_response: Any, parsed: Mapping[str, Any], **_: Any
    ) -> None:
        if http_response.status_code < HTTPStatus.MULTIPLE_CHOICES:
            return
        code = parsed.get("Error", {}).get("Code", "")
        if code not in REFUSALS:
            kind = _call(event_name), code
            self._failures[kind] += 1
            self._request_ids[kind] = parsed.get("ResponseMetadata", {}).get("RequestId", "")

    def _unanswered(
        self, event_name: str, exception: BaseException, *, quick: bool = False, **_: Any
    ) -> None:
        error = type(exception).__name__
        self._failures[_call(event_name), f"{error}, the quick way" if quick else error] += 1

    def _told(self, call: str, error: str) -> dict[str, Any]:
        told = {"call": call, "error": error, "count": self._failures[call, error]}
        request_id = self._request_ids.get((call, error))
        return {**told, "request_id": request_id} if request_id else told


def _call(event_name: str) -> str:
    """Return `dynamodb:UpdateItem` for an event named `before-send.dynamodb.UpdateItem`."""
    _, service, operation = event_name.split(".")
    return f"{service}:{operation}"
