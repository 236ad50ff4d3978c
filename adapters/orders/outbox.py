"""The stream of the orders table as an outbox: what a change of an order is to others.

https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from adapters.orders.schema import order_from_item
from orders.ids import is_order_id
from orders.lifecycle import SETTLED
from orders.model import Order, OrderStatus
from orders.notification import OrderSettled

INSERTED, CHANGED = "INSERT", "MODIFY"


class UnreadableRecord(ValueError):
    """The record tells of no order; it will not become one by being read again."""


class _Change(msgspec.Struct, rename="pascal"):
    sequence_number: str
    new_image: dict[str, Any] | None = None


class StreamRecord(msgspec.Struct, rename={"event_name": "eventName", "change": "dynamodb"}):
    """One record of the stream as an event source mapping hands it over."""

    event_name: Literal["INSERT", "MODIFY", "REMOVE"]
    change: _Change

    @property
    def sequence_number(self) -> str:
        """By which Lambda is told where to go on."""
        return self.change.sequence_number


class Placed(msgspec.Struct, frozen=True):
    """An order was stored and wants to be fulfilled."""

    order_id: str


def change_in(record: StreamRecord) -> Placed | OrderSettled | None:
    """Return what the record says to others, None for what concerns nobody.

    Raises:
        UnreadableRecord: the item is no order.
    """
    if record.event_name not in (INSERTED, CHANGED) or record.change.new_image is None:
        return None
    order = _order_in(record.change.new_image)
    if record.event_name == INSERTED and order.status is OrderStatus.PENDING:
        return Placed(order.order_id)
    if order.status in SETTLED:
        return OrderSettled(
            order_id=order.order_id,
            customer_id=order.customer_id,
            status=order.status,
            total_cents=order.total_cents,
            failure_reason=order.failure_reason,
        )
    return None


def _order_in(item: dict[str, Any]) -> Order:
    try:
        order = order_from_item(item)
    except (KeyError, TypeError, ValueError) as error:
        raise UnreadableRecord(f"no order: {error!r}") from None
    if not is_order_id(order.order_id):
        raise UnreadableRecord(f"no order id: {order.order_id!r}")
    return order
