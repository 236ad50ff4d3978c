"""Waits until no accepted order is open any more, or takes out what the queue still holds."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.deployment import FIRST_RETRY_SECONDS
from lab.measure.backlog import Backlog, BacklogSource, QueueBacklog
from lab.measure.system import System
from lab.topologies import PaidBy, named

POLL_SECONDS = 0.5
LIMIT_FACTOR = 2.0
LIMIT_MARGIN_SECONDS = 60.0
# An event that a function failed on comes again twice, the second time after twice as long:
# https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
FUNCTION_RETRIES_SECONDS = 3 * FIRST_RETRY_SECONDS
BATCH = 10
# The longest that SQS hides a message: nobody else sees what was taken while the ledgers are read.
HIDDEN_SECONDS = 43_200
REMAINDER_POLL_SECONDS = 0.2
REMAINDER_MARGIN_SECONDS = 30.0


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
    match named(topology).paid_by:
        case PaidBy.PROCESSOR | PaidBy.BATCHES:
            return float(config["visibilityTimeoutSeconds"])
        case PaidBy.FUNCTION:
            return FUNCTION_RETRIES_SECONDS
        case _:
            return 0.0


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


def take_remainder(system: System, *, limit_seconds: float | None = None) -> frozenset[str]:
    """Receive every message until no worker holds one, and return the ids of their orders.

    Workers finish what they have in hand and find nothing more. By default they get as long as one
    message can stay hidden and then be paid: what is still out by then is not among the ids.
    """
    sqs, url = system.client("sqs"), system.outputs["queue_url"]
    backlog = QueueBacklog(sqs, url)
    limit = remainder_limit(system) if limit_seconds is None else limit_seconds
    deadline = time.monotonic() + limit
    taken: dict[str, str] = {}
    while True:
        system.check()
        found = dict(_receive(sqs, url))
        taken |= found
        if backlog.read() == Backlog(0, len(taken)) or time.monotonic() > deadline:
            return frozenset(filter(None, map(_order_id_of, taken.values())))
        if not found:
            time.sleep(REMAINDER_POLL_SECONDS)


def remainder_limit(system: System) -> float:
    """Return the seconds after which each message must be done or visible again."""
    config = system.config
    hidden = float(config["visibilityTimeoutSeconds"])
    return hidden + float(config["paymentSeconds"]) + REMAINDER_MARGIN_SECONDS


def _receive(sqs: Any, url: str) -> Iterator[tuple[str, str]]:
    answer = sqs.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=BATCH,
        VisibilityTimeout=HIDDEN_SECONDS,
        WaitTimeSeconds=0,
    )
    for message in answer.get("Messages", []):
        yield message["MessageId"], message["Body"]


def _order_id_of(body: str) -> str | None:
    """Return the order that a message is about; None where it cannot be read."""
    try:
        order_id = json.loads(body)["order_id"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return order_id if isinstance(order_id, str) else None
