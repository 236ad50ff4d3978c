"""How long to wait before trying again."""

from __future__ import annotations

import random


def full_jitter(attempt: int, *, base_seconds: float, cap_seconds: float) -> float:
    """Return a random wait for the `attempt`-th retry (from 0), doubling up to the cap.

    Source: "Exponential Backoff And Jitter", AWS Architecture Blog.
    """
    ceiling: float = min(cap_seconds, base_seconds * 2 ** min(attempt, 30))
    return random.uniform(0, ceiling)  # noqa: S311 - jitter, not cryptography
