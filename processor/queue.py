"""The orders queue by way of the fast client."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from adapters.aws.errors import AWS_ERRORS
from adapters.aws.fast.errors import Refused
from adapters.aws.fast.sqs import SQS, BatchAnswer
from sqs_consumer import EntryFailed, Message, QueueError
from sqs_consumer.queue import (
    SYSTEM_ATTRIBUTES,
    dead_letter_attributes,
    delete_entries,
    in_order,
    message_from,
    visibility_entries,
)


class OrdersQueue:
    """Fulfils `sqs_consumer.Queue`."""

    def __init__(self, sqs: SQS, *, queue_url: str, dead_letter_queue_url: str) -> None:
        self._sqs = sqs
        self._queue_url = queue_url
        self._dead_letter_queue_url = dead_letter_queue_url

    async def check(self) -> None:
        """Return when the queue answers."""
        with _told_as_queue_errors():
            await self._sqs.get_queue_attributes(self._queue_url, ["VisibilityTimeout"])

    async def receive(
        self, most: int, *, wait_seconds: int, visibility_timeout_seconds: int
    ) -> list[Message]:
        """Return 0 to `most` (10) messages, after at most `wait_seconds` (20)."""
        with _told_as_queue_errors():
            received = await self._sqs.receive_message(
                self._queue_url,
                most=most,
                wait_seconds=wait_seconds,
                visibility_seconds=visibility_timeout_seconds,
                system_attributes=SYSTEM_ATTRIBUTES,
            )
        return [
            message_from(
                each.message_id,
                each.body,
                each.receipt_handle,
                each.attributes,
                each.message_attributes,
            )
            for each in received
        ]

    async def delete(self, receipts: Sequence[str]) -> list[EntryFailed | None]:
        """Delete up to 10 messages; return what went wrong with each, in order."""
        with _told_as_queue_errors():
            answer = await self._sqs.delete_message_batch(self._queue_url, delete_entries(receipts))
        return _failures(answer, len(receipts))

    async def change_visibility(
        self, changes: Sequence[tuple[str, int]]
    ) -> list[EntryFailed | None]:
        """Show up to 10 messages again after their seconds; return what went wrong with each."""
        entries = visibility_entries(changes)
        with _told_as_queue_errors():
            answer = await self._sqs.change_message_visibility_batch(self._queue_url, entries)
        return _failures(answer, len(changes))

    async def dead_letter(self, message: Message, reason: str) -> None:
        """Copy the message to the dead-letter queue, with why and where it came from."""
        attributes = dead_letter_attributes(message, reason)
        with _told_as_queue_errors():
            await self._sqs.send_message(self._dead_letter_queue_url, message.body, attributes)


@contextmanager
def _told_as_queue_errors() -> Iterator[None]:
    try:
        yield
    except Refused as refused:
        code, text = refused.code, refused.message
        raise QueueError(code, text, request_id=refused.request_id) from refused
    except AWS_ERRORS as error:
        raise QueueError(type(error).__name__, str(error)) from error


def _failures(answer: BatchAnswer, count: int) -> list[EntryFailed | None]:
    confirmed = {done.id for done in answer.successful}
    failed = {
        each.id: EntryFailed(
            each.code,
            each.message,
            sender_fault=each.sender_fault,
            request_id=answer.request_id,
        )
        for each in answer.failed
    }
    return in_order(count, confirmed, failed)
