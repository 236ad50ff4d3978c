"""Standard queues: at least once, in any order, invisible for a while, to the DLQ in the end."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

CLOCK_TICK_SECONDS = 1e-6


@dataclass(frozen=True)
class Mischief:
    """How far a queue or topic goes with what SQS and SNS do not promise; seeded."""

    seed: int = 0
    shuffled: bool = False
    """Messages come in any order."""
    duplicate: float = 0.0
    """Probability that a delivery, or a publication, happens twice."""
    undelete: float = 0.0
    """Probability that a deleted message comes back once its visibility is over."""


@dataclass
class Message:
    """One message of a queue; `handle` is the one of its last receipt."""

    message_id: str
    body: str
    sent_at: float
    visible_at: float
    attributes: Mapping[str, Any] = field(default_factory=dict)
    handle: str = ""
    receive_count: int = 0
    received_at: float = 0.0
    first_received_at: float | None = None
    source_arn: str | None = None


@dataclass
class Queue:
    """One queue; `now` gives seconds, and `visibility_seconds` is its default."""

    name: str
    now: Callable[[], float]
    visibility_seconds: float = 30.0
    max_receive_count: int | None = None
    dead_letters: Queue | None = None
    mischief: Mischief = field(default_factory=Mischief)
    messages: list[Message] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = random.Random(self.mischief.seed)  # noqa: S311 - repeatable on purpose
        self._ids = itertools.count(1)

    @property
    def url(self) -> str:
        """The queue's URL."""
        return f"https://sqs.fake/123456789012/{self.name}"

    @property
    def arn(self) -> str:
        """The queue's ARN."""
        return f"arn:aws:sqs:us-west-2:123456789012:{self.name}"

    def send(self, body: str, attributes: Mapping[str, Any] | None = None) -> str:
        """Add a message and return its id."""
        message_id, at = f"{self.name}-{next(self._ids)}", self.now()
        message = Message(message_id, body, sent_at=at, visible_at=at, attributes=attributes or {})
        self.messages.append(message)
        return message.message_id

    def receive(self, most: int, visibility_seconds: float | None = None) -> list[Message]:
        """Hand out up to `most` visible messages with new receipt handles."""
        self._bury_the_dead()
        if visibility_seconds is None:
            visibility_seconds = self.visibility_seconds
        visible = self.visible()
        if self.mischief.shuffled:
            self._random.shuffle(visible)
        for message in visible[:most]:
            message.receive_count += 1
            message.handle = f"{message.message_id}#{message.receive_count}"
            message.received_at = self.now()
            message.first_received_at = message.first_received_at or self.now()
            if self._random.random() >= self.mischief.duplicate:
                message.visible_at = self.now() + visibility_seconds
        return visible[:most]

    def delete(self, handle: str) -> None:
        """Delete the message of this receipt; a stale handle deletes nothing, and says nothing."""
        message = self.received_as(handle)
        if message is not None and self._random.random() >= self.mischief.undelete:
            self.messages.remove(message)

    def received_as(self, handle: str) -> Message | None:
        """Return the message whose last receipt had this handle."""
        return next((m for m in self.messages if handle and m.handle == handle), None)

    def knows(self, handle: str) -> bool:
        """Tell whether the message of this receipt, the last one or an earlier, is still there."""
        return any(m.message_id == handle.rpartition("#")[0] for m in self.messages)

    def visible(self) -> list[Message]:
        """Return the messages that can be received now."""
        return [m for m in self.messages if m.visible_at <= self.now()]

    def seconds_until_visible(self) -> float:
        """Return how long until a message that is invisible now will be visible; infinity if none.

        Never less than a clock can tell from nothing, however close that is.
        """
        now = self.now()
        later = (m.visible_at - now for m in self.messages if m.visible_at > now)
        return max(min(later, default=float("inf")), CLOCK_TICK_SECONDS)

    def _bury_the_dead(self) -> None:
        if self.max_receive_count is None or self.dead_letters is None:
            return
        for message in self.visible():
            if message.receive_count >= self.max_receive_count:
                self.messages.remove(message)
                message.handle, message.source_arn = "", self.arn
                self.dead_letters.messages.append(message)
