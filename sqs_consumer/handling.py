"""One message through its handler, and the handler's answer as an outcome."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from kit.logging import get_logger
from kit.retry import full_jitter
from sqs_consumer.in_flight import Delivery
from sqs_consumer.message import Message
from sqs_consumer.metrics import Hook, Metric
from sqs_consumer.outcome import Done, Lost, NotRetryable, Outcome, Reject, Retry, RetryAfter
from sqs_consumer.settings import ConsumerSettings
from sqs_consumer.throttle import Pace

# Returns when its work is durable; raises to say anything else.
Handler = Callable[[Message], Awaitable[object]]

_log = get_logger()


class Handling:
    """Runs the handler for each delivery, and tells the pace how it went.

    Messages of handlers that are cut short are shown again after `hand_back_seconds`.
    """

    def __init__(
        self, handler: Handler, settings: ConsumerSettings, pace: Pace, hook: Hook
    ) -> None:
        self._handler = handler
        self._settings = settings
        self._pace = pace
        self._hook = hook
        self.hand_back_seconds = 0.0

    async def handle(self, delivery: Delivery) -> Outcome:
        """Run the handler and return what it decided.

        A cancelled handler lost its message, or the consumer stops and hands the message back.
        """
        loop = asyncio.get_running_loop()
        started = loop.time()
        delivery.handling = asyncio.current_task()
        try:
            await self._handler(delivery.message)
        except asyncio.CancelledError:
            return Lost() if delivery.lost else Retry(self.hand_back_seconds)
        except NotRetryable as refused:
            self._handled(loop.time() - started)
            return Reject(refused.reason)
        except RetryAfter as later:
            self._handled(loop.time() - started)
            return self._retry(delivery.message, later.seconds, later)
        except Exception as error:  # noqa: BLE001 - one message's trouble is never the consumer's
            self._pace.failed()
            self._hook(Metric.HANDLER_TIME, loop.time() - started)
            return self._retry(delivery.message, self._backoff(delivery.message), error)
        finally:
            delivery.handling = None
        self._handled(loop.time() - started)
        return Done()

    def _handled(self, seconds: float) -> None:
        """Note that the handler came to an end of its own."""
        self._pace.handled(seconds)
        self._hook(Metric.HANDLER_TIME, seconds)

    def _backoff(self, message: Message) -> float:
        return full_jitter(
            message.receive_count - 1,
            base_seconds=self._settings.retry_base_seconds,
            cap_seconds=self._settings.retry_cap_seconds,
        )

    def _retry(self, message: Message, seconds: float, error: Exception) -> Retry:
        self._hook(Metric.RETRIES, 1)
        _log.warning(
            "message_retried",
            message_id=message.message_id,
            receive_count=message.receive_count,
            seconds=round(seconds, 3),
            error=str(error) or type(error).__name__,
        )
        return Retry(seconds)
