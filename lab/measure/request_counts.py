"""Completes the measures of a topology once its processes have logged their last requests."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from lab.measure.aws_calls import AWS_CALLS, calls_between
from lab.measure.bill import bill
from lab.measure.log_events import read_events
from lab.measure.log_usage import (
    COLD_START,
    FUNCTION_READY,
    METRICS,
    environments_between,
    log_usage,
)
from lab.measure.measures import Observation, evaluate, usage
from lab.results.model import ScenarioResult

EVENTS = frozenset({AWS_CALLS, COLD_START, FUNCTION_READY, METRICS})


def settle(
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
