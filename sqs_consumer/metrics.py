"""What a consumer measures, told to one hook, and a hook that makes CloudWatch metrics of it."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from contextlib import suppress
from enum import StrEnum
from typing import Any


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
    DEAD_LETTERED = "DeadLettered"
    LOST = "Lost"


# Sampled at every receive: how high they were, not how much they add up to.
GAUGES = frozenset({Metric.IN_FLIGHT, Metric.PERMITS_FREE})
DURATIONS = frozenset({Metric.AGE_AT_RECEIVE, Metric.HANDLER_TIME})

# The longest array of values that the embedded metric format takes for one metric.
MAX_VALUES = 100
DECIMALS = 4

# Called with each measurement as it happens; must be quick, and must not raise.
Hook = Callable[[Metric, float], None]


def ignore(_metric: Metric, _value: float) -> None:
    """Be the hook of a consumer that nobody listens to."""


class EmfMetrics:
    """A hook that adds up counts, and keeps at most 100 values of each duration and gauge.

    Each flush gives one document in the embedded metric format to `emit`, which logs it:
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
    """

    def __init__(
        self, emit: Callable[[Mapping[str, Any]], None], *, namespace: str, dimension: str
    ) -> None:
        self._emit = emit
        self._namespace = namespace
        self._dimension = dimension
        self._counts: Counter[Metric] = Counter()
        self._samples: defaultdict[Metric, list[float]] = defaultdict(list)
        self._seen: Counter[Metric] = Counter()

    def __call__(self, metric: Metric, value: float) -> None:
        """Take one measurement in."""
        if metric in DURATIONS or metric in GAUGES:
            self._sample(metric, round(value, DECIMALS))
        else:
            self._counts[metric] += int(value)

    def flush(self) -> None:
        """Emit what was measured since the last time; nothing, if nothing was."""
        values: dict[str, Any] = {
            str(metric): value for metric, value in [*self._counts.items(), *self._samples.items()]
        }
        if values:
            self._emit({**values, "_aws": self._metadata(values)})
        self._counts.clear()
        self._samples.clear()
        self._seen.clear()

    async def flush_regularly(self, interval_seconds: float) -> None:
        """Flush every `interval_seconds` and once more at cancellation."""
        try:
            while True:
                await asyncio.sleep(interval_seconds)
                self.flush()
        finally:
            with suppress(ValueError):  # stdout may be closed at interpreter exit
                self.flush()

    def _sample(self, metric: Metric, value: float) -> None:
        """Keep each value with the same probability, however many there are (Vitter's R)."""
        self._seen[metric] += 1
        kept = self._samples[metric]
        if len(kept) < MAX_VALUES:
            kept.append(value)
            return
        place = random.randrange(self._seen[metric])  # noqa: S311 - a sample, not a secret
        if place < MAX_VALUES:
            kept[place] = value

    def _metadata(self, values: Mapping[str, Any]) -> dict[str, Any]:
        metrics = [
            {"Name": name, "Unit": "Seconds" if name in DURATIONS else "Count"} for name in values
        ]
        directive = {
            "Namespace": self._namespace,
            "Dimensions": [[self._dimension]],
            "Metrics": metrics,
        }
        return {"Timestamp": time.time_ns() // 1_000_000, "CloudWatchMetrics": [directive]}
