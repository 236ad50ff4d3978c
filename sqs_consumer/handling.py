"""One message through its handler, and the handler's verdict as an outcome."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from kit.logging import get_logger
from kit.retry import full_jitter
from sqs_consumer.back_pressure import Throttle
from sqs_consumer.delivery import Delivery
from sqs_consumer.metrics import Hook, Metric
from sqs_consumer.queue import Message
from sqs_consumer.settings import ConsumerSettings

# Returns when its work is durable; raises to say anything else.
Handler = Callable[[Message], Awaitable[object]]

_log = get_logger()


class RetryAfter(Exception):
    """Raised by a handler: nack, deliver this message again in so many seconds."""

    def __init__(self, seconds: float, reason: str = "") -> None:
        self.seconds = seconds
        super().__init__(reason or f"retry after {seconds:g} s")


class NotRetryable(Exception):
    """Raised by a handler: trying again cannot help, dead-letter the message and say why."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True)
class Acknowledge:
    """The handler's work is durable: delete the message."""


@dataclass(frozen=True)
class Release:
    """The work is not done: make the message visible after `seconds`."""

    seconds: float


@dataclass(frozen=True)
class DeadLetter:
    """Move the message to the dead-letter queue, with the reason."""

    reason: str


Outcome = Acknowledge | Release | DeadLetter


class Handling:
    """Runs the handler for each delivery, and tells the throttle how it went.

    Messages of handlers that are cut short are released after `release_seconds`.
    """

    def __init__(
        self, handler: Handler, settings: ConsumerSettings, throttle: Throttle, hook: Hook
    ) -> None:
        self._handler = handler
        self._settings = settings
        self._throttle = throttle
        self._hook = hook
        self.release_seconds = 0.0

    async def handle(self, delivery: Delivery) -> Outcome:
        """Run the handler and return what it decided.

        A cancelled handler lost its message, or the consumer stops and releases the message.
        """
        loop = asyncio.get_running_loop()
        started = loop.time()
        delivery.begin()
        try:
            await self._handler(delivery.message)
        except asyncio.CancelledError:
            return Release(self.release_seconds)
        except NotRetryable as refused:
            self._handled(loop.time() - started)
            return DeadLetter(refused.reason)
        except RetryAfter as later:
            self._handled(loop.time() - started)
            return self._nack(delivery.message, later.seconds, later)
        except Exception as error:  # noqa: BLE001 - one message's trouble is never the consumer's
            self._throttle.failed()
            self._hook(Metric.HANDLER_TIME, loop.time() - started)
            return self._nack(delivery.message, self._backoff(delivery.message), error)
        finally:
            delivery.finish()
        self._handled(loop.time() - started)
        return Acknowledge()

    def _handled(self, seconds: float) -> None:
        """Note that the handler came to an end of its own."""
        self._throttle.handled(seconds)
        self._hook(Metric.HANDLER_TIME, seconds)

    def _backoff(self, message: Message) -> float:
        return full_jitter(
            message.receive_count - 1,
            base_seconds=self._settings.retry_base_seconds,
            cap_seconds=self._settings.retry_cap_seconds,
        )

    def _nack(self, message: Message, seconds: float, error: Exception) -> Release:
        self._hook(Metric.RETRIES, 1)
        _log.warning(
            "message_retried",
            message_id=message.message_id,
            receive_count=message.receive_count,
            seconds=round(seconds, 3),
            error=str(error) or type(error).__name__,
        )
        return Release(seconds)
