"""Takes what a queue still holds out of the workers' hands, and says which orders that is."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

from lab.measure.backlog import Backlog, QueueBacklog
from lab.measure.system import System

BATCH = 10
# The longest that SQS hides a message: nobody else sees what was taken while the books are read.
HIDDEN_SECONDS = 43_200
POLL_SECONDS = 0.2
MARGIN_SECONDS = 30.0


def take_rest(system: System, *, limit_seconds: float | None = None) -> frozenset[str]:
    """Receive every message until no worker holds one, and return the ids of their orders.

    Workers finish what they have in hand and find nothing more. By default they get as long as one
    message can stay hidden and then be paid: what is still out by then is not among the ids.
    """
    sqs, url = system.client("sqs"), system.outputs["queue_url"]
    backlog = QueueBacklog(sqs, url)
    limit = patience(system) if limit_seconds is None else limit_seconds
    deadline = time.monotonic() + limit
    taken: dict[str, str] = {}
    while True:
        system.check()
        found = dict(_receive(sqs, url))
        taken |= found
        if backlog.read() == Backlog(0, len(taken)) or time.monotonic() > deadline:
            return frozenset(filter(None, map(_order_id_of, taken.values())))
        if not found:
            time.sleep(POLL_SECONDS)


def patience(system: System) -> float:
    """Return the seconds after which each message must be done or visible again."""
    config = system.config
    hidden = float(config["visibilityTimeoutSeconds"])
    return hidden + float(config["paymentSeconds"]) + MARGIN_SECONDS


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
