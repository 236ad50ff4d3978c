"""What each customer saw: one JSON line an order, written by Locust, read by the audit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import IO, Any


class Outcome(StrEnum):
    """What became of an order as its customer saw it."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    FAILED = "failed"


ACCEPTED_STATUSES = frozenset({200, 202})
REJECTED_STATUS = 503


def outcome_of(http_status: int | None) -> Outcome:
    """Return the outcome behind a status; None stands for no answer at all."""
    if http_status in ACCEPTED_STATUSES:
        return Outcome.ACCEPTED
    return Outcome.REJECTED if http_status == REJECTED_STATUS else Outcome.FAILED


@dataclass(frozen=True, slots=True)
class Record:
    """One order as its customer saw it; moments are epoch seconds of this machine's clock."""

    order_id: str
    scenario: str
    http_status: int | None
    latency_ms: float
    sent_at: float
    answered_at: float
    error: str | None = None

    @property
    def outcome(self) -> Outcome:
        """What became of the order as its customer saw it."""
        return outcome_of(self.http_status)


class Recorder:
    """Appends records to a file, each durable for a reader as soon as it is written."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Line buffering: a killed Locust loses no answer, and a reader sees only whole lines.
        self._file: IO[str] = path.open("a", buffering=1, encoding="utf-8")

    def write(self, record: Record) -> None:
        """Append one record."""
        self._file.write(json.dumps(asdict(record), separators=(",", ":")) + "\n")

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def worker_path(path: Path, process_id: int) -> Path:
    """Return the file of one worker process, so that no two processes write to one file."""
    return path.with_name(f"{path.stem}.{process_id}{path.suffix}")


def record_files(path: Path) -> list[Path]:
    """Return the files that belong to `path`: itself and those of worker processes."""
    own = [path] if path.exists() else []
    return own + sorted(path.parent.glob(f"{path.stem}.*{path.suffix}"))


def parse_record(line: str) -> Record:
    """Return the record of one line.

    Raises:
        ValueError: the line is not a record.
    """
    try:
        fields: dict[str, Any] = json.loads(line)
        return Record(**fields)
    except (TypeError, ValueError) as error:
        raise ValueError(f"not a record: {line[:200]!r} ({error})") from None


def read_records(path: Path) -> list[Record]:
    """Return every record in `path` and its worker files, in the order of sending."""
    lines = (line for file in record_files(path) for line in _lines(file))
    return sorted(map(parse_record, lines), key=lambda record: record.sent_at)


def _lines(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8") as file:
        yield from file


class RecordTail:
    """Counts the answers recorded so far, reading only what was added since the last look."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offsets: dict[Path, int] = {}
        self.counts: dict[Outcome, int] = dict.fromkeys(Outcome, 0)
        self.first_sent_at: float | None = None

    @property
    def answered(self) -> int:
        """How many orders were answered or given up so far."""
        return sum(self.counts.values())

    def refresh(self) -> None:
        """Take in the lines added since the last call."""
        for file in record_files(self._path):
            with file.open("rb") as stream:
                stream.seek(self._offsets.get(file, 0))
                added = stream.read()
            whole = added[: added.rfind(b"\n") + 1]
            self._offsets[file] = self._offsets.get(file, 0) + len(whole)
            for line in whole.decode().splitlines():
                self._count(parse_record(line))

    def _count(self, record: Record) -> None:
        self.counts[record.outcome] += 1
        first = self.first_sent_at
        self.first_sent_at = record.sent_at if first is None else min(first, record.sent_at)
