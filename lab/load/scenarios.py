"""The sales that the lab drives: how many customers at each moment, and what each orders."""

from __future__ import annotations

import math
import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

MIN_THINK_SECONDS = 0.1
MAX_THINK_SECONDS = 0.5
MEAN_THINK_SECONDS = (MIN_THINK_SECONDS + MAX_THINK_SECONDS) / 2
LIMITED_PRODUCT = "SKU-LIMITED"
"""The catalogue's scarce product; more of it is ordered than there is, to tempt overselling."""
LIMITED_SHARE = 0.05
MAX_LINES = 3
MAX_QUANTITY = 3


@dataclass(frozen=True)
class Scenario:
    """A closed workload: each customer orders, waits for the answer, thinks, orders again."""

    name: str
    users: int
    duration_seconds: float
    spawn_rate: float
    """Customers who arrive each second."""

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
        """Return how long each customer orders, first to last."""
        batch = max(1.0, self.spawn_rate)
        entries = (
            math.floor(index / batch) * batch / self.spawn_rate for index in range(self.users)
        )
        return [max(0.0, self.duration_seconds - entry) for entry in entries]


NORMAL = Scenario(name="normal", users=5, duration_seconds=30, spawn_rate=1)
FLASH = Scenario(name="flash", users=20, duration_seconds=60, spawn_rate=10)
SCENARIOS = MappingProxyType({scenario.name: scenario for scenario in (NORMAL, FLASH)})
DEMO_SECONDS = MappingProxyType({"normal": 4.0, "flash": 8.0})
"""Sale lengths that fit all topologies, drains included, into five minutes on two cores."""


def product_ids(catalogue: Any) -> list[str]:
    """Return the product ids in the answer of `GET /products`.

    Raises:
        ValueError: there is no product in it.
    """
    entries = catalogue.get("products", []) if isinstance(catalogue, dict) else catalogue
    ids = [str(entry["product_id"]) for entry in entries if "product_id" in entry]
    if not ids:
        raise ValueError("GET /products names no product: is the catalogue seeded?")
    return ids


class Baskets:
    """Fills baskets from a catalogue; about one in twenty holds the scarce product."""

    def __init__(self, products: Sequence[str], chance: random.Random | None = None) -> None:
        self._plenty = [product for product in products if product != LIMITED_PRODUCT] or [
            *products
        ]
        self._limited = LIMITED_PRODUCT if LIMITED_PRODUCT in products else None
        self._chance = chance or random.Random()  # noqa: S311 - baskets are no secrets

    def order(self) -> dict[str, Any]:
        """Return the body of a new order, with a key of its own."""
        return {
            "order_id": uuid.uuid4().hex,
            "customer_id": self._chance.randint(1, 100_000),
            "items": [
                {"product_id": product, "quantity": self._chance.randint(1, MAX_QUANTITY)}
                for product in self._products()
            ],
        }

    def _products(self) -> list[str]:
        lines = min(self._chance.randint(1, MAX_LINES), len(self._plenty))
        chosen = self._chance.sample(self._plenty, lines)
        if self._limited and self._chance.random() < LIMITED_SHARE:
            chosen[0] = self._limited
        return chosen
