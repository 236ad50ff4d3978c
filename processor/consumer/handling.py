"""One message through its handler, and the handler's answer as an outcome."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from adapters.backoff import full_jitter
from adapters.logs import get_logger
from processor.consumer.in_flight import Delivery
from processor.consumer.message import Message
from processor.consumer.outcome import Done, Lost, NotRetryable, Outcome, Reject, Retry, RetryAfter
from processor.consumer.settings import ConsumerSettings

# Returns when its work is durable; raises to say anything else.
Handler = Callable[[Message], Awaitable[object]]

_log = get_logger()


async def handle(delivery: Delivery, handler: Handler, settings: ConsumerSettings) -> Outcome:
    """Run the handler and return what it decided.

    A cancelled handler lost its message, or the consumer stops and hands the message back.
    """
    message = delivery.message
    delivery.handling = asyncio.current_task()
    try:
        await handler(message)
    except asyncio.CancelledError:
        _uncancel()
        return Lost() if delivery.lost else Retry(0)
    except NotRetryable as refused:
        return Reject(refused.reason)
    except RetryAfter as later:
        _log_retry(message, later.seconds, later)
        return Retry(later.seconds)
    except Exception as error:  # noqa: BLE001 - one message's trouble is never the consumer's
        seconds = full_jitter(
            message.receive_count - 1,
            base_seconds=settings.retry_base_seconds,
            cap_seconds=settings.retry_cap_seconds,
        )
        _log_retry(message, seconds, error)
        return Retry(seconds)
    finally:
        delivery.handling = None
    return Done()


def _uncancel() -> None:
    """The cancellation was for the handler alone; the task goes on to settle the message."""
    task = asyncio.current_task()
    while task is not None and task.cancelling():
        task.uncancel()


def _log_retry(message: Message, seconds: float, error: Exception) -> None:
    _log.warning(
        "message_retried",
        message_id=message.message_id,
        receive_count=message.receive_count,
        seconds=round(seconds, 3),
        error=str(error) or type(error).__name__,
    )
