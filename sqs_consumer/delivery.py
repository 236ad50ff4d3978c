"""What the consumer holds: every message from its receive to its end, and what may happen to it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqs_consumer.queue import Message
from sqs_consumer.settings import LONGEST_IN_FLIGHT_SECONDS, SLOWEST_ANSWER_SECONDS

NEVER = float("inf")


class State(StrEnum):
    """Where a delivery is. The first four are ours: hidden from other consumers, and extended."""

    RECEIVED = "received"  # its handler has not begun
    HANDLING = "handling"  # its handler runs, and may be cancelled
    HANDLED = "handled"  # its handler ended; the outcome is not carried out yet
    ACKNOWLEDGING = "acknowledging"  # its work, or its copy among the dead letters, is durable
    RELEASED = "released"  # made visible: an extension now would hide it again
    LOST = "lost"  # somebody else's: nothing is sent about it any more
    ENDED = "ended"  # no longer held: deleted, or left to SQS


OURS = frozenset({State.RECEIVED, State.HANDLING, State.HANDLED, State.ACKNOWLEDGING})


@dataclass(eq=False, kw_only=True, slots=True)
class Delivery:
    """One receive of one message, as a state machine; times are of the event loop's clock.

    A method that SQS or the clock can forestall returns False and changes nothing. One that only a
    wrong order of our own calls can break raises RuntimeError: a message is never acknowledged
    before its handler has ended, nor released once its work is durable.

    `expires_at` is when SQS shows the message to others unless it is extended before, `extend_at`
    when the next extension is due, NEVER while one is under way.
    """

    message: Message
    received_at: float
    expires_at: float
    extend_at: float
    state: State = field(default=State.RECEIVED, init=False)
    extension: asyncio.Task[Any] | None = field(default=None, init=False, repr=False)
    _handler: asyncio.Task[Any] | None = field(default=None, init=False, repr=False)

    @property
    def ours(self) -> bool:
        """Whether the message is hidden from other consumers, and stays so by being extended."""
        return self.state in OURS

    def begin(self) -> None:
        """RECEIVED to HANDLING: the current task runs the handler, and may be cancelled."""
        self._move(State.HANDLING, State.RECEIVED)
        self._handler = asyncio.current_task()

    def finish(self) -> None:
        """HANDLING to HANDLED: what the task does next must not be cancelled any more."""
        self._handler = None
        if self.state is not State.LOST:
            self._move(State.HANDLED, State.HANDLING)

    def acknowledge(self) -> bool:
        """HANDLED to ACKNOWLEDGING, and True; a message that was lost is not deleted."""
        return self._unless_lost(State.ACKNOWLEDGING, State.HANDLED)

    def release(self) -> bool:
        """RECEIVED or HANDLED to RELEASED, and True; one that was lost is not made visible."""
        if not self._unless_lost(State.RELEASED, State.RECEIVED, State.HANDLED):
            return False
        self.extend_at = NEVER
        return True

    def lose(self) -> bool:
        """Ours to LOST; return whether that cancelled its handler, which else had ended before."""
        if not self.ours:
            return False
        self.state = State.LOST
        self.extend_at = NEVER
        return self.cancel_handler()

    def end(self) -> None:
        """Any state to ENDED: whatever became of the message, it is not extended any more."""
        self.state = State.ENDED

    def cancel_handler(self) -> bool:
        """Cancel the handler, and return whether it ran; the state follows when it has ended."""
        if self._handler is None:
            return False
        self._handler.cancel()
        return True

    def begin_extension(self) -> None:
        """Note that the current task has an extension on the wire."""
        self.extension = asyncio.current_task()

    def end_extension(self) -> None:
        """Note that SQS answered the extension, or that nobody waits for the answer any more."""
        self.extension = None

    def extended(self, *, expires_at: float, extend_at: float) -> None:
        """Note an extension that SQS confirmed; while it is ours, the next is due."""
        self.expires_at = expires_at
        if self.ours:
            self.extend_at = extend_at

    def due(self, until: float) -> bool:
        """Return True once for each extension that is due by `until`."""
        if self.extend_at > until:
            return False
        self.extend_at = NEVER
        return True

    def hideable_seconds(self, now: float) -> int:
        """Return for how many whole seconds from `now` SQS agrees to hide the message.

        It refuses what would end more than 12 hours after the receive, whatever was asked before:
        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html
        """
        latest = self.received_at + LONGEST_IN_FLIGHT_SECONDS - SLOWEST_ANSWER_SECONDS
        return max(0, int(latest - now))

    def _unless_lost(self, to: State, *origins: State) -> bool:
        if self.state is State.LOST:
            return False
        self._move(to, *origins)
        return True

    def _move(self, to: State, *origins: State) -> None:
        if self.state not in origins:
            raise RuntimeError(
                f"message {self.message.message_id} cannot be {to}: it is {self.state}"
            )
        self.state = to


class InFlight:
    """The deliveries that have not come to their end."""

    def __init__(self) -> None:
        self._deliveries: set[Delivery] = set()
        self._empty = asyncio.Event()
        self._empty.set()

    def __len__(self) -> int:
        return len(self._deliveries)

    def __iter__(self) -> Iterator[Delivery]:
        return iter(list(self._deliveries))

    def add(self, delivery: Delivery) -> None:
        """Hold a delivery until it is removed."""
        self._deliveries.add(delivery)
        self._empty.clear()

    def remove(self, delivery: Delivery) -> None:
        """End a delivery."""
        delivery.end()
        self._deliveries.discard(delivery)
        if not self._deliveries:
            self._empty.set()

    async def until_empty(self) -> None:
        """Return once nothing is in flight."""
        await self._empty.wait()
