"""What clients see of orders and products."""

from __future__ import annotations

from typing import Annotated

import msgspec

from orders.model import FailureReason, ListedOrder, OrderLine, OrderStatus, Product

Moment = Annotated[str, msgspec.Meta(extra_json_schema={"format": "date-time"})]


class OrderView(msgspec.Struct, frozen=True, omit_defaults=True):
    """An order as clients see it."""

    order_id: str
    customer_id: str
    items: tuple[OrderLine, ...]
    total_cents: int
    status: OrderStatus
    created_at: Moment
    settled_at: Moment | None = None
    failure_reason: FailureReason | None = None


class OrdersView(msgspec.Struct, frozen=True, omit_defaults=True):
    """A page of orders, newest first; `next_cursor` is missing on the last."""

    orders: list[OrderView]
    next_cursor: str | None = None


class ProductsView(msgspec.Struct, frozen=True):
    """Products, by id."""

    products: list[Product]


def order_view(order: ListedOrder) -> OrderView:
    """Return the client's view of `order`."""
    return OrderView(
        order.order_id,
        order.customer_id,
        order.items,
        order.total_cents,
        order.status,
        order.created_at,
        order.settled_at,
        order.failure_reason,
    )


def location(order_id: str) -> dict[str, str]:
    """Return the `Location` header of an order."""
    return {"Location": f"/orders/{order_id}"}
