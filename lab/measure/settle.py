"""Completes the measures of a topology once its processes have logged their last requests."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from lab.measure.aws_calls import calls_between, read_calls
from lab.measure.bill import bill
from lab.measure.measures import Observation, evaluate, usage
from lab.results.model import ScenarioResult

SERVICE_LOGS = ("receiver-*.log", "processor-*.log", "function-*.log")


def settle(
    observations: Sequence[Observation], logs: Path, billed_config: Mapping[str, str]
) -> dict[str, ScenarioResult]:
    """Return the results of a topology's sales, with requests and bill, by scenario.

    Args:
        observations: the sales in the order in which they were run.
        logs: the folder of the services' logs, after they have stopped.
        billed_config: the configuration that would be paid for.
    """
    lines = list(read_calls(logs))
    orders = sum(len(seen.sale.orders) for seen in observations)
    log_bytes = _log_bytes(logs) / orders if orders else 0.0
    ends = [*(seen.began for seen in observations[1:]), math.inf]
    return {
        seen.scenario.name: _with_bill(
            replace(
                seen,
                api_calls=calls_between(lines, seen.began, end),
                log_bytes_per_order=log_bytes,
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


def _log_bytes(logs: Path) -> int:
    return sum(path.stat().st_size for pattern in SERVICE_LOGS for path in logs.glob(pattern))
