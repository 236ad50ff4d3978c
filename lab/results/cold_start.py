"""What a start of the function costs, as measured on this machine."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ColdStart:
    """Medians over fresh processes: CPU milliseconds of one core of this machine, megabytes.

    `init_ms` is interpreter and imports, `first_ms` the first order with clients and connections,
    `second_ms` the next one, `warm_ms` those after it. `memory_mb`, `architecture` and
    `payment_seconds` are the stack's, as they would be deployed.
    """

    runs: int
    init_ms: float
    first_ms: float
    second_ms: float
    warm_ms: float
    resident_mb: float
    unzipped_mb: float
    zipped_mb: float
    memory_mb: int
    architecture: str
    payment_seconds: float
