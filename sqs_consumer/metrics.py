"""What a consumer tells about itself, through one hook."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum


class Metric(StrEnum):
    """The measurements; those ending in `Seconds` are durations, the others are counts."""

    IN_FLIGHT = "InFlight"
    PERMITS_FREE = "PermitsFree"
    RECEIVE_CALLS = "ReceiveCalls"
    EMPTY_RECEIVES = "EmptyReceives"
    DELETE_CALLS = "DeleteCalls"
    VISIBILITY_CALLS = "VisibilityCalls"
    QUEUE_ERRORS = "QueueErrors"
    AGE_AT_RECEIVE = "AgeAtReceiveSeconds"
    HANDLER_TIME = "HandlerSeconds"
    REDELIVERIES = "Redeliveries"
    RETRIES = "Retries"
    SET_ASIDE = "SetAside"
    LOST = "Lost"


# Sampled at every receive: how high they were, not how much they add up to.
GAUGES = frozenset({Metric.IN_FLIGHT, Metric.PERMITS_FREE})
DURATIONS = frozenset({Metric.AGE_AT_RECEIVE, Metric.HANDLER_TIME})

# Called with each measurement as it happens; must be quick, and must not raise.
Hook = Callable[[Metric, float], None]


def ignore(_metric: Metric, _value: float) -> None:
    """Be the hook of a consumer that nobody listens to."""
