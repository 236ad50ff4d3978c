"""What the processor does with a message: fulfil the order that it announces.

Nothing of a message is trusted: whoever may send to the queue may have sent anything.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from orders.errors import OrderBusy, OrderNotFound
from orders.fulfilment import Fulfilment
from orders.message import OrderPlaced, UnreadableMessage, decode_order_placed
from sqs_consumer import Message, NotRetryable, RetryAfter

# Ours are of some eighty characters, or a thousand in an envelope; the rest is for fields to come.
MAX_CHARACTERS = 16_384
# The lease is compared with the clock of whoever claims next; clocks differ a little.
CLOCK_DIFFERENCE_SECONDS = 1.0


class OrderHandler:
    """Fulfils the order of one message; returns when it is settled, durably."""

    def __init__(self, fulfilment: Fulfilment) -> None:
        self._fulfilment = fulfilment

    async def __call__(self, message: Message) -> None:
        """Settle the order.

        Raises:
            NotRetryable: the message cannot be read, or no such order exists.
            RetryAfter: another worker has the order.
            LeaseLost: this attempt was overtaken; a later one finds what became of the order.
            Unavailable: a table or the payment provider did not answer.
        """
        try:
            placed = read_announcement(message.body)
            await self._fulfilment.fulfil(placed.order_id)
        except UnreadableMessage as error:
            raise NotRetryable(f"unreadable: {error}") from None
        except OrderNotFound as error:
            raise NotRetryable(str(error)) from None
        except OrderBusy as busy:
            seconds = busy.retry_after_seconds + CLOCK_DIFFERENCE_SECONDS
            raise RetryAfter(seconds, str(busy)) from None


def read_announcement(body: str) -> OrderPlaced:
    """Return the announcement in the body of a message, raw or in SNS's envelope.

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


class _Envelope(msgspec.Struct, frozen=True):
    """What SNS wraps a message in unless the subscription says raw delivery."""

    Type: Literal["Notification"]
    Message: str


_envelope = msgspec.json.Decoder(_Envelope)


def _unwrapped(body: str) -> str | None:
    try:
        return _envelope.decode(body).Message
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
