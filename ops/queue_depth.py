"""How many messages a queue holds, by its own approximate figures."""

from __future__ import annotations

from typing import Any, NamedTuple

_VISIBLE = "ApproximateNumberOfMessages"
_IN_FLIGHT = "ApproximateNumberOfMessagesNotVisible"


class QueueDepth(NamedTuple):
    """Messages that a receive could get, and messages that somebody has received."""

    visible: int
    in_flight: int


def queue_depth(sqs: Any, url: str) -> QueueDepth:
    """Ask the queue."""
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[_VISIBLE, _IN_FLIGHT])
    attributes = answer["Attributes"]
    return QueueDepth(int(attributes[_VISIBLE]), int(attributes[_IN_FLIGHT]))
