"""What becomes of a message after its handler: acknowledged, released or dead-lettered.

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
from sqs_consumer.delivery import Delivery
from sqs_consumer.handling import Acknowledge, DeadLetter, Outcome, Release
from sqs_consumer.health import QueueHealth
from sqs_consumer.metrics import Hook, Metric
from sqs_consumer.queue import EntryFailed, Queue, QueueError, request_id_of

MAX_ENTRIES = 10
# Nobody waits for a delete, so it may wait for nine others.
DELETE_LINGER_SECONDS = 0.02
RETRY_BASE_SECONDS = 0.1
RETRY_CAP_SECONDS = 5.0
# A call that hangs must not keep a stop from releasing its message.
LONGEST_WAIT_FOR_EXTENSION_SECONDS = 0.5
# What a delete or a change of visibility can raise: refused by SQS, never answered, or not sent.
REFUSED = (QueueError, BatcherFull, BatcherClosed)

_log = get_logger()


class Acknowledger:
    """Carries out outcomes in batches; each entry that SQS refuses is looked at by itself."""

    def __init__(self, queue: Queue, health: QueueHealth, hook: Hook) -> None:
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

    async def carry_out(self, delivery: Delivery, outcome: Outcome) -> None:
        """Carry `outcome` out; what cannot be done is logged and left to the time-out."""
        match outcome:
            case Acknowledge():
                await self._acknowledge(delivery)
            case Release(seconds):
                await self._release(delivery, seconds)
            case DeadLetter(reason):
                await self._dead_letter(delivery, reason)
            case _:
                assert_never(outcome)

    async def change_visibility(self, delivery: Delivery, seconds: int) -> None:
        """Hide the message for `seconds` from now.

        Raises:
            EntryFailed: SQS refused this message.
            QueueError: SQS refused the batch, or did not answer.
            BatcherFull, BatcherClosed: it was not sent.
        """
        await self._changes.submit((delivery.message.receipt, seconds))

    async def _send_deletes(self, receipts: Sequence[str]) -> list[EntryFailed | None]:
        self._hook(Metric.DELETE_CALLS, 1)
        return await self._queue.delete(receipts)

    async def _send_changes(self, changes: Sequence[tuple[str, int]]) -> list[EntryFailed | None]:
        self._hook(Metric.VISIBILITY_CALLS, 1)
        return await self._queue.change_visibility(changes)

    async def _release(self, delivery: Delivery, seconds: float) -> None:
        """Make the message visible after `seconds`, or as late as SQS allows.

        Failing that it comes back by itself, later.
        """
        if not delivery.release():
            return
        if delivery.extension is not None:
            # The later one counts, and calls can overtake each other.
            await asyncio.wait({delivery.extension}, timeout=LONGEST_WAIT_FOR_EXTENSION_SECONDS)
        hideable = delivery.hideable_seconds(asyncio.get_running_loop().time())
        whole = min(max(0, round(seconds)), hideable)
        try:
            await self.change_visibility(delivery, whole)
        except REFUSED as error:
            if not (isinstance(error, EntryFailed) and error.gone):
                self._health.failed("release", error)

    async def _acknowledge(self, delivery: Delivery) -> None:
        """Delete the message; try again while it is ours, since its work is done."""
        if not delivery.acknowledge():
            return
        attempt = 0
        while delivery.ours:
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

    async def _dead_letter(self, delivery: Delivery, reason: str) -> None:
        """Copy to the dead-letter queue, then delete: a crash between leaves two, never none."""
        if not delivery.ours:
            return
        message = delivery.message
        try:
            await self._queue.dead_letter(message, reason)
        except QueueError as error:
            # SQS's own redrive is the last net: it moves the message after enough receives.
            self._health.failed("dead_letter", error)
            await self._release(delivery, RETRY_CAP_SECONDS)
            return
        self._hook(Metric.DEAD_LETTERED, 1)
        _log.warning(
            "message_dead_lettered",
            message_id=message.message_id,
            receive_count=message.receive_count,
            reason=reason,
        )
        await self._acknowledge(delivery)


def _is_final(error: BaseException) -> bool:
    """Tell whether sending the same delete again cannot help."""
    return isinstance(error, BatcherClosed) or (
        isinstance(error, EntryFailed) and error.sender_fault
    )
