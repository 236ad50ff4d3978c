"""What services and functions logged about themselves, and what of it AWS would charge for."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.measure.ledgers import epoch_seconds

# What the engine calls a function's log: its name, and the ending that Pulumi made.
_FUNCTION = re.compile(r"function-(.+)-function-[0-9a-f]+")

COLD_START = "cold_start"
FUNCTION_READY = "function_ready"
METRICS = "metrics"
TASK_LOGS = ("receiver-*.log", "processor-*.log")
FUNCTION_LOGS = ("function-*.log",)


@dataclass(frozen=True)
class LogEvent:
    """One line, its size included, and the name of its log without the ending."""

    name: str
    fields: Mapping[str, Any]
    size_bytes: int
    source: str = ""

    @property
    def at(self) -> float:
        """The epoch second at which it was written."""
        return epoch_seconds(self.fields["timestamp"])

    def within(self, began: float, ended: float) -> bool:
        """Tell whether it was written after `began`, up to and including `ended`."""
        return began < self.at <= ended


def read_events(log_folder: Path, names: Collection[str]) -> Iterator[LogEvent]:
    """Return the events of these names in every log of the folder, in no particular order."""
    for path in sorted(log_folder.rglob("*.log")):
        with path.open(encoding="utf-8", errors="replace") as file:
            yield from filter(None, (parse_event(line, names, path.stem) for line in file))


def parse_event(line: str, names: Collection[str], source: str = "") -> LogEvent | None:
    """Return the event in a log line, or None when it says something else."""
    if not any(name in line for name in names):
        return None
    try:
        event: Any = json.loads(line)
    except ValueError:
        return None
    if not isinstance(event, dict) or event.get("event") not in names:
        return None
    return LogEvent(event["event"], event, len(line.encode()), source)


@dataclass(frozen=True)
class LogUsage:
    """What the sales of a topology wrote, and one start cost; bytes are without the metrics'.

    `init_cpu_seconds` is the CPU time in which the function's parent imported the handler: its
    environments are forked from it and have no start of their own. `custom_metrics` counts each
    name with each value of its dimensions once, as CloudWatch does.
    """

    init_cpu_seconds: float = 0.0
    custom_metrics: int = 0
    metrics_line_bytes: float = 0.0
    task_bytes_per_order: float = 0.0
    function_bytes_per_order: float = 0.0


NOTHING_LOGGED = LogUsage()


def log_usage(events: Iterable[LogEvent], logs: Path, orders: int) -> LogUsage:
    """Return the usage of all sales on a topology, which took this many orders together.

    Args:
        events: those of `FUNCTION_READY` and `METRICS` in the logs, others are left aside.
        logs: the folder where tasks and functions logged.
        orders: how many the bytes are shared by.
    """
    known = list(events)
    lines = [event for event in known if event.name == METRICS]
    starts = [event.fields["init_cpu_seconds"] for event in known if event.name == FUNCTION_READY]
    metrics_bytes = sum(line.size_bytes for line in lines)
    return LogUsage(
        init_cpu_seconds=max(starts, default=0.0),
        custom_metrics=len({metric for line in lines for metric in _metrics(line)}),
        metrics_line_bytes=_per(metrics_bytes, len(lines)),
        task_bytes_per_order=_per(_bytes(logs, TASK_LOGS) - metrics_bytes, orders),
        function_bytes_per_order=_per(_bytes(logs, FUNCTION_LOGS), orders),
    )


def environments_between(events: Iterable[LogEvent], began: float, ended: float) -> int:
    """Count the function's environments that took their first event in that time."""
    return sum(event.name == COLD_START and event.within(began, ended) for event in events)


def invocations_between(
    events: Iterable[LogEvent], names: Collection[str], began: float, ended: float
) -> dict[str, int]:
    """Count the invocations of each function in that time, by the one line that each writes."""
    found = (
        named[1]
        for event in events
        if event.name in names and event.within(began, ended)
        if (named := _FUNCTION.fullmatch(event.source))
    )
    return dict(Counter(found))


def _metrics(line: LogEvent) -> Iterator[tuple[str, ...]]:
    """Return what CloudWatch tells metrics apart by: namespace, dimensions and their values, name.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
    """
    for directive in line.fields["_aws"]["CloudWatchMetrics"]:
        for dimensions in directive["Dimensions"]:
            named = [f"{name}={line.fields[name]}" for name in dimensions]
            for metric in directive["Metrics"]:
                yield (directive["Namespace"], *named, metric["Name"])


def _bytes(logs: Path, patterns: Iterable[str]) -> int:
    return sum(path.stat().st_size for pattern in patterns for path in logs.glob(pattern))


def _per(amount: float, number: int) -> float:
    return amount / number if number else 0.0
