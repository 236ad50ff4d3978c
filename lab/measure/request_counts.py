"""Counts the AWS requests of each sale from what was logged, and so completes its measures.

Each process logs the requests since its last such line every few seconds, once more when it
stops, and the function after each invocation. What was logged after the first order of a sale and
before the first order of the next belongs to it, provided that between the end of its drain and
that next order at least `LOG_SECONDS` pass.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from lab.measure.bill import bill
from lab.measure.logs import (
    COLD_START,
    FUNCTION_READY,
    METRICS,
    LogEvent,
    environments_between,
    invocations_between,
    log_usage,
    read_events,
)
from lab.measure.measures import Observation, evaluate, usage
from lab.measure.notifications import NOTIFIED
from lab.results.model import ScenarioResult

LOG_SECONDS = 5.5
AWS_CALLS = "aws_calls"
EVENTS = frozenset({AWS_CALLS, COLD_START, FUNCTION_READY, METRICS, NOTIFIED})
# Each invocation writes one of these: the calls that it made, or what it told.
ONCE_AN_INVOCATION = frozenset({AWS_CALLS, NOTIFIED})


def count_requests(
    observations: Sequence[Observation], logs: Path, billed_config: Mapping[str, str]
) -> dict[str, ScenarioResult]:
    """Return the results of a topology's sales, with requests and bill, by scenario.

    Args:
        observations: the sales in the order in which they were run.
        logs: the folder of the services' logs, after they have stopped.
        billed_config: the configuration that would be paid for.
    """
    events = list(read_events(logs, EVENTS))
    logged = log_usage(events, logs, sum(len(seen.sale.orders) for seen in observations))
    ends = [*(seen.began for seen in observations[1:]), math.inf]
    return {
        seen.scenario.name: _with_bill(
            replace(
                seen,
                api_calls=calls_between(events, seen.began, end),
                environments=environments_between(events, seen.began, end),
                invocations=invocations_between(events, ONCE_AN_INVOCATION, seen.began, end),
                logged=logged,
            ),
            billed_config,
        )
        for seen, end in zip(observations, ends, strict=True)
    }


def _with_bill(seen: Observation, billed_config: Mapping[str, str]) -> ScenarioResult:
    result, used = evaluate(seen), usage(seen)
    if used is None:
        return result
    month = bill(seen.topology, billed_config, used)
    return replace(result, bill=month, dollars_per_million_orders=month.dollars)


def calls_between(events: Iterable[LogEvent], began: float, ended: float) -> dict[str, int]:
    """Add up the requests logged after `began`, up to and including `ended` (epoch seconds)."""
    total: Counter[str] = Counter()
    for event in events:
        if event.name == AWS_CALLS and event.within(began, ended):
            total.update(event.fields["calls"])
    return dict(total)
