"""Counts the AWS requests of a sale from what the services and functions logged.

Each process logs the requests since its last such line every few seconds, once more when it
stops, and the function after each invocation. What was logged after the first order of a sale and
before the first order of the next belongs to it, provided that between the end of its drain and
that next order at least `LOG_SECONDS` pass.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.measure.books import epoch_seconds

LOG_SECONDS = 5.5
EVENT = "aws_calls"


@dataclass(frozen=True)
class LoggedCalls:
    """One line: when it was written, and the requests since the line before it."""

    at: float
    calls: dict[str, int]


def read_calls(log_folder: Path) -> Iterator[LoggedCalls]:
    """Return the call counts in every log of the folder, in no particular order."""
    for path in sorted(log_folder.rglob("*.log")):
        with path.open(encoding="utf-8", errors="replace") as file:
            yield from filter(None, map(parse_line, file))


def parse_line(line: str) -> LoggedCalls | None:
    """Return the counts in a log line, or None when it says something else."""
    if EVENT not in line:
        return None
    try:
        event: Any = json.loads(line)
    except ValueError:
        return None
    if not isinstance(event, dict) or event.get("event") != EVENT:
        return None
    return LoggedCalls(at=epoch_seconds(event["timestamp"]), calls=event["calls"])


def calls_between(lines: Iterable[LoggedCalls], began: float, ended: float) -> dict[str, int]:
    """Add up the requests logged after `began`, up to and including `ended` (epoch seconds)."""
    total: Counter[str] = Counter()
    for line in lines:
        if began < line.at <= ended:
            total.update(line.calls)
    return dict(total)
