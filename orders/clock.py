"""Time as the orders table keeps it."""

from __future__ import annotations

from datetime import UTC, datetime


def timestamp(epoch_seconds: float) -> str:
    """Return ISO 8601 in UTC with microseconds: fixed width, so that text sorts by time."""
    moment = datetime.fromtimestamp(epoch_seconds, UTC).replace(tzinfo=None)
    return moment.isoformat(timespec="microseconds") + "Z"


def epoch_seconds(timestamp: str) -> float:
    """Return the moment that `timestamp` wrote, in seconds since 1970.

    Raises:
        ValueError: no ISO 8601 with its zone.
    """
    moment = datetime.fromisoformat(timestamp)
    if moment.tzinfo is None:
        raise ValueError(f"timestamp without zone: {timestamp!r}")
    return moment.timestamp()
