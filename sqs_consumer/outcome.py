"""What a handler can say about its message, and what becomes of the message then."""

from __future__ import annotations

from dataclasses import dataclass


class RetryAfter(Exception):
    """Raised by a handler: give me this message again in so many seconds."""

    def __init__(self, seconds: float, reason: str = "") -> None:
        self.seconds = seconds
        super().__init__(reason or f"retry after {seconds:g} s")


class NotRetryable(Exception):
    """Raised by a handler: trying again cannot help, set the message aside and say why."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True)
class Done:
    """The handler's work is durable: delete the message."""


@dataclass(frozen=True)
class Retry:
    """Show the message again after `seconds`."""

    seconds: float


@dataclass(frozen=True)
class Reject:
    """Move the message to the dead-letter queue, with the reason."""

    reason: str


@dataclass(frozen=True)
class Lost:
    """The receipt is no longer valid: the message is somebody else's, leave it alone."""


Outcome = Done | Retry | Reject | Lost
