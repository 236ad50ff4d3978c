"""Reading what a queue delivers: the announcement of an order, raw or in SNS's envelope.

Nothing of it is trusted: whoever may send to the queue may have sent anything.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from orders.message import OrderPlaced, UnreadableMessage, decode_order_placed

# Ours are of some eighty characters, or a thousand in an envelope; the rest is for fields to come.
MAX_CHARACTERS = 16_384


class _Envelope(msgspec.Struct, frozen=True):
    """What SNS wraps a message in unless the subscription says raw delivery."""

    Type: Literal["Notification"]
    Message: str


_envelope = msgspec.json.Decoder(_Envelope)


def read_announcement(body: str) -> OrderPlaced:
    """Return the announcement in the body of a message.

    Raises:
        UnreadableMessage: too long, or neither an announcement nor an envelope with one.
    """
    if len(body) > MAX_CHARACTERS:
        raise UnreadableMessage(f"{len(body)} characters, more than {MAX_CHARACTERS}")
    try:
        return decode_order_placed(body)
    except UnreadableMessage:
        wrapped = _unwrapped(body)
        if wrapped is None:
            raise
        return decode_order_placed(wrapped)
    except RecursionError:
        raise UnreadableMessage("nested too deeply") from None


def _unwrapped(body: str) -> str | None:
    try:
        return _envelope.decode(body).Message
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
