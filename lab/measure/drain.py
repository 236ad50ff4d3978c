"""Waits until no accepted order is open any more."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from engine.deployment import FIRST_RETRY_SECONDS
from lab.measure.backlog import Backlog, BacklogSource

POLL_SECONDS = 0.5
LIMIT_FACTOR = 2.0
LIMIT_MARGIN_SECONDS = 60.0
# An event that a function failed on comes again twice, the second time after twice as long:
# https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
FUNCTION_RETRIES_SECONDS = 3 * FIRST_RETRY_SECONDS


@dataclass(frozen=True)
class DrainProgress:
    """How far a drain has come."""

    backlog: Backlog
    elapsed_seconds: float


def drain_limit(predicted_seconds: float | None, redelivery_seconds: float = 0.0) -> float:
    """Return the seconds after which a drain has failed.

    That is twice the prediction, the time in which an order comes back whose worker died, and a
    minute: nothing counts as lost that is only late.
    """
    expected = LIMIT_FACTOR * (predicted_seconds or 0.0)
    return expected + redelivery_seconds + LIMIT_MARGIN_SECONDS


def longest_redelivery(topology: str, config: Mapping[str, str]) -> float:
    """Return the seconds after which an order whose worker died is in work again for sure."""
    if topology == "async":
        return float(config["visibilityTimeoutSeconds"])
    return FUNCTION_RETRIES_SECONDS if topology == "serverless" else 0.0


def wait_for_drain(
    sources: list[BacklogSource],
    *,
    limit_seconds: float,
    progress: Callable[[DrainProgress], None] = lambda _: None,
    check: Callable[[], None] = lambda: None,
    poll_seconds: float = POLL_SECONDS,
) -> bool:
    """Wait until every source is empty, cheapest first; False when the limit came before.

    `check` is called at each look and may raise, so that a dead service ends the wait.
    """
    began = time.monotonic()
    while True:
        check()
        backlog = _first_open(sources)
        elapsed = time.monotonic() - began
        progress(DrainProgress(backlog, elapsed))
        if backlog.total == 0:
            return True
        if elapsed >= limit_seconds:
            return False
        time.sleep(poll_seconds)


def _first_open(sources: list[BacklogSource]) -> Backlog:
    for source in sources:
        backlog = source.read()
        if backlog.total:
            return backlog
    return Backlog(0, 0)
