"""What an order is: its lines, its money in integer cents, and where it stands."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class OrderStatus(StrEnum):
    """Where an order stands; see `orders.lifecycle` for the moves between them."""

    PENDING = "PENDING"
    PROCESSING = "PROCESSING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"


class FailureReason(StrEnum):
    """Why an order settled as FAILED; the customer has paid nothing in each case."""

    PAYMENT_DECLINED = "PAYMENT_DECLINED"
    OUT_OF_STOCK = "OUT_OF_STOCK"


class OrderLine(msgspec.Struct, frozen=True):
    """One product of an order at the catalogue's price when the order was placed."""

    product_id: str
    quantity: int
    unit_price_cents: int


class ListedOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What a listing knows of an order. Times are ISO 8601, UTC, microseconds, fixed width."""

    order_id: str
    customer_id: str
    items: tuple[OrderLine, ...]
    total_cents: int
    status: OrderStatus
    created_at: str
    settled_at: str | None = None
    failure_reason: FailureReason | None = None


class Order(ListedOrder, frozen=True, kw_only=True):
    """One order as it is stored."""

    content_hash: str

    def units_by_product(self) -> dict[str, int]:
        """Units to take from stock, one entry a product however many lines name it."""
        units: dict[str, int] = {}
        for line in self.items:
            units[line.product_id] = units.get(line.product_id, 0) + line.quantity
        return units


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """One product of the catalogue; `stock` is the number of units left when it was read."""

    product_id: str
    name: str
    price_cents: int
    stock: int
