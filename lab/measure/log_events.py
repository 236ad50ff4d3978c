"""What services and functions logged about themselves: the JSON lines that say a wanted event."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.measure.ledgers import epoch_seconds


@dataclass(frozen=True)
class LogEvent:
    """One line, its size included."""

    name: str
    fields: Mapping[str, Any]
    size_bytes: int

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
            yield from filter(None, (parse_event(line, names) for line in file))


def parse_event(line: str, names: Collection[str]) -> LogEvent | None:
    """Return the event in a log line, or None when it says something else."""
    if not any(name in line for name in names):
        return None
    try:
        event: Any = json.loads(line)
    except ValueError:
        return None
    if not isinstance(event, dict) or event.get("event") not in names:
        return None
    return LogEvent(event["event"], event, len(line.encode()))
