"""The bill as it stands in `results.json`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class BillLine:
    """One line of the bill: what it is, how much of it, its list price, and the dollars."""

    item: str
    quantity: float
    unit: str
    unit_price: float
    dollars: float


@dataclass(frozen=True)
class Bill:
    """The AWS bill of a month with exactly one million orders at list prices."""

    orders: int
    per_order: list[BillLine]
    always_on: list[BillLine]

    @property
    def per_order_dollars(self) -> float:
        """What grows with the orders."""
        return sum(line.dollars for line in self.per_order)

    @property
    def always_on_dollars(self) -> float:
        """What a month costs without a single order."""
        return sum(line.dollars for line in self.always_on)

    @property
    def dollars(self) -> float:
        """The whole bill."""
        return self.per_order_dollars + self.always_on_dollars
