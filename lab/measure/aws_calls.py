"""Counts the AWS requests of a sale from what the services and functions logged.

Each process logs the requests since its last such line every few seconds, once more when it
stops, and the function after each invocation. What was logged after the first order of a sale and
before the first order of the next belongs to it, provided that between the end of its drain and
that next order at least `LOG_SECONDS` pass.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from lab.measure.log_events import LogEvent

LOG_SECONDS = 5.5
AWS_CALLS = "aws_calls"


def calls_between(events: Iterable[LogEvent], began: float, ended: float) -> dict[str, int]:
    """Add up the requests logged after `began`, up to and including `ended` (epoch seconds)."""
    total: Counter[str] = Counter()
    for event in events:
        if event.name == AWS_CALLS and event.within(began, ended):
            total.update(event.fields["calls"])
    return dict(total)
