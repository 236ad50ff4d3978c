"""What becomes of a message after its handler: deleted, shown again, or set aside.

It lives apart from handlers and receives: nothing that stops those aborts the delete of finished
work.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import assert_never

from kit.logging import get_logger
from kit.micro_batcher import BatcherClosed, BatcherFull, MicroBatcher
from kit.retry import full_jitter
from sqs_consumer.health import QueueHealth
from sqs_consumer.in_flight import Delivery
from sqs_consumer.metrics import Hook, Metric
from sqs_consumer.outcome import Done, Lost, Outcome, Reject, Retry
from sqs_consumer.queue import QUEUE_ERRORS, EntryFailed, SqsQueue, request_id_of

MAX_ENTRIES = 10
# Nobody waits for a delete, so it may wait for nine others.
DELETE_LINGER_SECONDS = 0.02
RETRY_BASE_SECONDS = 0.1
RETRY_CAP_SECONDS = 5.0
# A call that hangs must not keep a stop from handing its message back.
LONGEST_WAIT_FOR_EXTENSION_SECONDS = 0.5
REFUSED = (EntryFailed, BatcherFull, BatcherClosed, *QUEUE_ERRORS)

_log = get_logger()


class Settling:
    """Carries out outcomes in batches; each entry that SQS refuses is looked at by itself."""

    def __init__(self, queue: SqsQueue, health: QueueHealth, hook: Hook) -> None:
        self._queue = queue
        self._health = health
        self._hook = hook
        self._deletes: MicroBatcher[str, None] = MicroBatcher(
            self._send_deletes,
            max_items=MAX_ENTRIES,
            linger_seconds=DELETE_LINGER_SECONDS,
            max_in_flight=2,
        )
        self._changes: MicroBatcher[tuple[str, int], None] = MicroBatcher(
            self._send_changes, max_items=MAX_ENTRIES
        )

    async def settle(self, delivery: Delivery, outcome: Outcome) -> None:
        """Carry `outcome` out; what cannot be done is logged and left to the time-out."""
        match outcome:
            case Done():
                await self._delete(delivery)
            case Retry(seconds):
                await self._show_again(delivery, seconds)
            case Reject(reason):
                await self._set_aside(delivery, reason)
            case Lost():
                pass
            case _:
                assert_never(outcome)

    async def change_visibility(self, delivery: Delivery, seconds: int) -> None:
        """Hide the message for `seconds` from now.

        Raises:
            EntryFailed: SQS refused this message.
            ClientError, BotoCoreError, OSError: SQS refused the batch, or did not answer.
            BatcherFull, BatcherClosed: it was not sent.
        """
        await self._changes.submit((delivery.message.receipt, seconds))

    async def _send_deletes(self, receipts: Sequence[str]) -> list[EntryFailed | None]:
        self._hook(Metric.DELETE_CALLS, 1)
        return await self._queue.delete(receipts)

    async def _send_changes(self, changes: Sequence[tuple[str, int]]) -> list[EntryFailed | None]:
        self._hook(Metric.VISIBILITY_CALLS, 1)
        return await self._queue.change_visibility(changes)

    async def _show_again(self, delivery: Delivery, seconds: float) -> None:
        """Make the message visible after `seconds`, or as late as SQS allows.

        Failing that it comes back by itself, later.
        """
        delivery.released = True
        if delivery.extending is not None:
            # The later one counts, and calls can overtake each other.
            await asyncio.wait({delivery.extending}, timeout=LONGEST_WAIT_FOR_EXTENSION_SECONDS)
        hideable = delivery.hideable_seconds(asyncio.get_running_loop().time())
        whole = min(max(0, round(seconds)), hideable)
        try:
            await self.change_visibility(delivery, whole)
        except REFUSED as error:
            if not (isinstance(error, EntryFailed) and error.gone):
                self._health.failed("show_again", error)

    async def _delete(self, delivery: Delivery) -> None:
        """Delete the message; try again while it is ours, since its work is done."""
        attempt = 0
        while not delivery.lost:
            try:
                await self._deletes.submit(delivery.message.receipt)
            except REFUSED as error:
                if _is_final(error):
                    _log.warning(
                        "message_not_deleted",
                        message_id=delivery.message.message_id,
                        error=repr(error),
                        request_id=request_id_of(error),
                    )
                    return
                self._health.failed("delete", error)
            else:
                return
            pause = full_jitter(
                attempt, base_seconds=RETRY_BASE_SECONDS, cap_seconds=RETRY_CAP_SECONDS
            )
            await asyncio.sleep(pause)
            attempt += 1

    async def _set_aside(self, delivery: Delivery, reason: str) -> None:
        """Copy to the dead-letter queue, then delete: a crash between leaves two, never none."""
        message = delivery.message
        try:
            await self._queue.set_aside(message, reason)
        except QUEUE_ERRORS as error:
            # SQS's own redrive is the last net: it moves the message after enough receives.
            self._health.failed("set_aside", error)
            await self._show_again(delivery, RETRY_CAP_SECONDS)
            return
        self._hook(Metric.SET_ASIDE, 1)
        _log.warning(
            "message_set_aside",
            message_id=message.message_id,
            receive_count=message.receive_count,
            reason=reason,
        )
        await self._delete(delivery)


def _is_final(error: BaseException) -> bool:
    """Tell whether sending the same delete again cannot help."""
    return isinstance(error, BatcherClosed) or (
        isinstance(error, EntryFailed) and error.sender_fault
    )
