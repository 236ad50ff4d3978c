"""What becomes of a message after its handler: deleted, shown again, or set aside.

It lives apart from handlers and receives: nothing that stops those aborts the delete of finished
work.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import assert_never

from adapters.backoff import full_jitter
from adapters.logs import get_logger
from adapters.micro_batcher import BatcherClosed, BatcherFull, MicroBatcher
from processor.consumer.in_flight import Delivery
from processor.consumer.outcome import Done, Lost, Outcome, Reject, Retry
from processor.consumer.queue import QUEUE_ERRORS, EntryFailed, SqsQueue
from processor.consumer.settings import LONGEST_IN_FLIGHT_SECONDS

MAX_ENTRIES = 10
# Nobody waits for a delete, so it may wait for nine others.
DELETE_LINGER_SECONDS = 0.02
RETRY_BASE_SECONDS = 0.1
RETRY_CAP_SECONDS = 5.0
REFUSED = (EntryFailed, BatcherFull, *QUEUE_ERRORS)

_log = get_logger()


class Settling:
    """Carries out outcomes in batches; each entry that SQS refuses is looked at by itself."""

    def __init__(self, queue: SqsQueue) -> None:
        self._queue = queue
        self._deletes: MicroBatcher[str, None] = MicroBatcher(
            queue.delete, max_items=MAX_ENTRIES, linger_seconds=DELETE_LINGER_SECONDS
        )
        self._changes: MicroBatcher[tuple[str, int], None] = MicroBatcher(
            self._change, max_items=MAX_ENTRIES
        )

    async def settle(self, delivery: Delivery, outcome: Outcome) -> None:
        """Carry `outcome` out; what cannot be done is logged and left to the time-out."""
        match outcome:
            case Done():
                await self._delete(delivery)
            case Retry(seconds):
                await self.show_again(delivery, seconds)
            case Reject(reason):
                await self._set_aside(delivery, reason)
            case Lost():
                pass
            case _:
                assert_never(outcome)

    async def show_again(self, delivery: Delivery, seconds: float) -> None:
        """Make the message visible after `seconds`, or as soon as SQS lets it."""
        whole = min(max(0, round(seconds)), LONGEST_IN_FLIGHT_SECONDS)
        try:
            await self.change_visibility(delivery, whole)
        except (BatcherClosed, *REFUSED) as error:
            if not _is_gone(error):
                _warn("message_not_shown_again", delivery, error)

    async def change_visibility(self, delivery: Delivery, seconds: int) -> None:
        """Hide the message for `seconds` from now.

        Raises:
            EntryFailed: SQS refused this message.
        """
        await self._changes.submit((delivery.message.receipt, seconds))

    async def aclose(self) -> None:
        """Send what waits."""
        await self._deletes.aclose()
        await self._changes.aclose()

    async def _change(self, changes: Sequence[tuple[str, int]]) -> list[EntryFailed | None]:
        return await self._queue.change_visibility(changes)

    async def _delete(self, delivery: Delivery) -> None:
        """Delete the message; try again while it is ours, since its work is done."""
        attempt = 0
        while not delivery.lost:
            try:
                await self._deletes.submit(delivery.message.receipt)
            except BatcherClosed as error:
                _warn("message_not_deleted", delivery, error)
                return
            except REFUSED as error:
                if isinstance(error, EntryFailed) and (error.gone or error.sender_fault):
                    _warn("message_not_deleted", delivery, error)
                    return
                pause = full_jitter(
                    attempt, base_seconds=RETRY_BASE_SECONDS, cap_seconds=RETRY_CAP_SECONDS
                )
                attempt += 1
                await asyncio.sleep(pause)
            else:
                return

    async def _set_aside(self, delivery: Delivery, reason: str) -> None:
        """Copy to the dead-letter queue, then delete: a crash between leaves two, never none."""
        message = delivery.message
        try:
            await self._queue.set_aside(message, reason)
        except QUEUE_ERRORS as error:
            # SQS's own redrive is the last net: it moves the message after enough receives.
            _warn("message_not_set_aside", delivery, error)
            await self.show_again(delivery, RETRY_CAP_SECONDS)
            return
        _log.warning("message_set_aside", message_id=message.message_id, reason=reason)
        await self._delete(delivery)


def _is_gone(error: BaseException) -> bool:
    return isinstance(error, EntryFailed) and error.gone


def _warn(event: str, delivery: Delivery, error: BaseException) -> None:
    _log.warning(event, message_id=delivery.message.message_id, error=repr(error))
