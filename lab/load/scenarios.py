"""The sales that the lab drives, and how many customers are in the shop at each moment."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from types import MappingProxyType

MIN_THINK_SECONDS = 0.1
MAX_THINK_SECONDS = 0.5
MEAN_THINK_SECONDS = (MIN_THINK_SECONDS + MAX_THINK_SECONDS) / 2


@dataclass(frozen=True)
class Scenario:
    """A closed workload: each customer orders, waits for the answer, thinks, orders again."""

    name: str
    users: int
    duration_seconds: float
    spawn_rate: float
    """Customers entering the shop each second."""

    def lasting(self, seconds: float) -> Scenario:
        """Return the same sale with another length."""
        return replace(self, duration_seconds=seconds)

    def tick(self, elapsed_seconds: float) -> tuple[int, float] | None:
        """Return (customers wanted, spawn rate) as a Locust shape does; None ends the sale."""
        if elapsed_seconds >= self.duration_seconds:
            return None
        return self.users, self.spawn_rate

    def users_at(self, elapsed_seconds: float) -> int:
        """Return how many customers have entered; they come in batches, one batch a second."""
        if elapsed_seconds < 0:
            return 0
        batch = max(1.0, self.spawn_rate)
        batches = math.floor(elapsed_seconds * self.spawn_rate / batch) + 1
        return min(self.users, int(batches * batch))

    def active_seconds(self) -> list[float]:
        """Return how long each customer is in the shop, first to last."""
        batch = max(1.0, self.spawn_rate)
        entries = (
            math.floor(index / batch) * batch / self.spawn_rate for index in range(self.users)
        )
        return [max(0.0, self.duration_seconds - entry) for entry in entries]


NORMAL = Scenario(name="normal", users=5, duration_seconds=30, spawn_rate=1)
FLASH = Scenario(name="flash", users=20, duration_seconds=60, spawn_rate=10)
SCENARIOS = MappingProxyType({scenario.name: scenario for scenario in (NORMAL, FLASH)})
DEMO_SECONDS = MappingProxyType({"normal": 5.0, "flash": 10.0})
"""Sale lengths that fit three topologies, drains included, into four minutes on two cores."""
