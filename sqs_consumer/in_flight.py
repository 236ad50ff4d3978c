"""What the consumer holds right now: every message from its receive to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

from sqs_consumer.message import Message
from sqs_consumer.settings import LONGEST_IN_FLIGHT_SECONDS, SLOWEST_ANSWER_SECONDS


@dataclass(eq=False, kw_only=True)
class Delivery:
    """One receive of one message; times are of the event loop's clock, in seconds.

    `expires_at` is when SQS shows the message to others unless it is extended before. `handling`
    is the task that runs the handler, None before and after: what comes after must not be
    cancelled. `extending` is the task whose extension is on the wire. A `released` message is being
    shown again and must not be hidden any longer.
    """

    message: Message
    received_at: float
    expires_at: float
    extend_at: float
    lost: bool = False
    released: bool = False
    extending: asyncio.Task[None] | None = field(default=None, repr=False)
    handling: asyncio.Task[None] | None = field(default=None, repr=False)

    def hideable_seconds(self, now: float) -> int:
        """Return for how many whole seconds from `now` SQS agrees to hide the message.

        It refuses what would end more than 12 hours after the receive, whatever was asked before:
        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html
        """
        latest = self.received_at + LONGEST_IN_FLIGHT_SECONDS - SLOWEST_ANSWER_SECONDS
        return max(0, int(latest - now))

    def cancel_handler(self) -> None:
        """Cancel the handler, if it is running."""
        if self.handling is not None:
            self.handling.cancel()


class InFlight:
    """The deliveries that have not come to their end."""

    def __init__(self) -> None:
        self._deliveries: set[Delivery] = set()
        self._empty = asyncio.Event()
        self._empty.set()

    def __len__(self) -> int:
        return len(self._deliveries)

    def __contains__(self, delivery: Delivery) -> bool:
        return delivery in self._deliveries

    def __iter__(self) -> Iterator[Delivery]:
        return iter(list(self._deliveries))

    def add(self, delivery: Delivery) -> None:
        """Note a delivery until it is removed."""
        self._deliveries.add(delivery)
        self._empty.clear()

    def remove(self, delivery: Delivery) -> None:
        """Forget a delivery that came to its end."""
        self._deliveries.discard(delivery)
        if not self._deliveries:
            self._empty.set()

    async def until_empty(self) -> None:
        """Return once nothing is in flight."""
        await self._empty.wait()
