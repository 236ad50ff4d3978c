"""What the processor does with a message: fulfil the order that it announces."""

from __future__ import annotations

from orders.errors import OrderBusy, OrderNotFound
from orders.fulfilment import Fulfilment
from orders.message import UnreadableMessage
from processor.announcement import read_announcement
from sqs_consumer import Message, NotRetryable, RetryAfter

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
