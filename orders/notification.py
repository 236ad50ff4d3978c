"""The notification that an order has settled: small, versioned, without what is the customer's."""

from __future__ import annotations

from typing import Annotated

import msgspec

from orders.ids import ORDER_ID_PATTERN
from orders.lifecycle import SETTLED
from orders.model import FailureReason, OrderStatus

SCHEMA = 1
STATUS_ATTRIBUTE = "status"
"""The message attribute by which subscribers choose."""


class OrderSettled(msgspec.Struct, frozen=True, kw_only=True):
    """An order is completed or failed. Unknown fields are ignored: senders may be newer."""

    order_id: Annotated[str, msgspec.Meta(pattern=ORDER_ID_PATTERN)]
    customer_id: str
    status: OrderStatus
    total_cents: int
    failure_reason: FailureReason | None = None
    schema: int = SCHEMA


class UnreadableNotification(ValueError):
    """The message is no `OrderSettled` this code knows; sending it again cannot help."""


_decoder = msgspec.json.Decoder(OrderSettled)


def encode_order_settled(settled: OrderSettled) -> str:
    """Return the message body."""
    return msgspec.json.encode(settled).decode()


def decode_order_settled(body: str) -> OrderSettled:
    """Return the notification in `body`.

    Raises:
        UnreadableNotification: not JSON, fields missing or wrong, or a schema of the future.
    """
    try:
        settled = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise UnreadableNotification(str(error)) from None
    if settled.schema != SCHEMA:
        raise UnreadableNotification(f"schema {settled.schema} is not {SCHEMA}")
    if settled.status not in SETTLED:
        raise UnreadableNotification(f"an order that is {settled.status} is not settled")
    return settled
