"""The announcement of a stored order: small, versioned, and read with suspicion."""

from __future__ import annotations

from typing import Annotated

import msgspec

from orders.ids import ORDER_ID_PATTERN

SCHEMA = 1


class OrderPlaced(msgspec.Struct, frozen=True):
    """An order was stored and waits. Unknown fields are ignored: senders may be newer."""

    order_id: Annotated[str, msgspec.Meta(pattern=ORDER_ID_PATTERN)]
    schema: int


class UnreadableMessage(ValueError):
    """The message is not an `OrderPlaced` this code knows; sending it again cannot help."""


_decoder = msgspec.json.Decoder(OrderPlaced)


def encode_order_placed(order_id: str) -> str:
    """Return the message body for an order."""
    return f'{{"schema":{SCHEMA},"order_id":"{order_id}"}}'


def decode_order_placed(body: str | bytes) -> OrderPlaced:
    """Return the announcement in `body`.

    Raises:
        UnreadableMessage: not JSON, fields missing or wrong, or a schema of the future.
    """
    try:
        message = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise UnreadableMessage(str(error)) from None
    if message.schema != SCHEMA:
        raise UnreadableMessage(f"schema {message.schema} is not {SCHEMA}")
    return message


def order_id_of(body: str) -> str | None:
    """Return the order that a message is about, of whatever schema; None if it names none."""
    try:
        order_id = msgspec.json.decode(body)["order_id"]
    except (msgspec.DecodeError, UnicodeError, TypeError, KeyError, RecursionError):
        return None
    return order_id if isinstance(order_id, str) else None
