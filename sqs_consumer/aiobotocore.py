"""The queue by way of an SQS client of aiobotocore (which aioboto3's is)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from sqs_consumer.queue import (
    SYSTEM_ATTRIBUTES,
    EntryFailed,
    Message,
    QueueError,
    dead_letter_attributes,
    delete_entries,
    in_order,
    message_from,
    visibility_entries,
)

if TYPE_CHECKING:
    from types_aiobotocore_sqs import SQSClient


class SqsQueue:
    """Fulfils `sqs_consumer.Queue`. Let the client retry nothing, or a lost long poll repeats."""

    def __init__(self, sqs: SQSClient, *, queue_url: str, dead_letter_queue_url: str) -> None:
        self._sqs = sqs
        self._queue_url = queue_url
        self._dead_letter_queue_url = dead_letter_queue_url

    async def check(self) -> None:
        """Return when the queue answers."""
        with _told_as_queue_errors():
            await self._sqs.get_queue_attributes(
                QueueUrl=self._queue_url, AttributeNames=["VisibilityTimeout"]
            )

    async def receive(
        self, most: int, *, wait_seconds: int, visibility_timeout_seconds: int
    ) -> list[Message]:
        """Return 0 to `most` (10) messages, after at most `wait_seconds` (20)."""
        with _told_as_queue_errors():
            answer = await self._sqs.receive_message(
                QueueUrl=self._queue_url,
                MaxNumberOfMessages=most,
                WaitTimeSeconds=wait_seconds,
                VisibilityTimeout=visibility_timeout_seconds,
                MessageSystemAttributeNames=SYSTEM_ATTRIBUTES,
                MessageAttributeNames=["All"],
            )
        return [_message(each) for each in answer.get("Messages", [])]

    async def delete(self, receipts: Sequence[str]) -> list[EntryFailed | None]:
        """Delete up to 10 messages; return what went wrong with each, in order."""
        entries: Any = delete_entries(receipts)
        with _told_as_queue_errors():
            answer = await self._sqs.delete_message_batch(QueueUrl=self._queue_url, Entries=entries)
        return _failures(answer, len(receipts))

    async def change_visibility(
        self, changes: Sequence[tuple[str, int]]
    ) -> list[EntryFailed | None]:
        """Show up to 10 messages again after their seconds; return what went wrong with each."""
        entries: Any = visibility_entries(changes)
        with _told_as_queue_errors():
            answer = await self._sqs.change_message_visibility_batch(
                QueueUrl=self._queue_url, Entries=entries
            )
        return _failures(answer, len(changes))

    async def dead_letter(self, message: Message, reason: str) -> None:
        """Copy the message to the dead-letter queue, with why and where it came from."""
        with _told_as_queue_errors():
            await self._sqs.send_message(
                QueueUrl=self._dead_letter_queue_url,
                MessageBody=message.body,
                MessageAttributes=dead_letter_attributes(message, reason),
            )


@contextmanager
def _told_as_queue_errors() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        told = error.response.get("Error", {})
        request_id = error.response.get("ResponseMetadata", {}).get("RequestId", "")
        code, text = told.get("Code", "") or "ClientError", told.get("Message", "")
        raise QueueError(code, text, request_id=request_id) from error
    except (BotoCoreError, OSError, TimeoutError) as error:
        raise QueueError(type(error).__name__, str(error)) from error


def _message(received: Mapping[str, Any]) -> Message:
    return message_from(
        received["MessageId"],
        received.get("Body", ""),
        received["ReceiptHandle"],
        received.get("Attributes", {}),
        received.get("MessageAttributes", {}),
    )


def _failures(answer: Mapping[str, Any], count: int) -> list[EntryFailed | None]:
    confirmed = {entry["Id"] for entry in answer.get("Successful", [])}
    request_id = answer.get("ResponseMetadata", {}).get("RequestId", "")
    failed = {
        entry["Id"]: EntryFailed(
            entry.get("Code", "Unconfirmed"),
            entry.get("Message", ""),
            sender_fault=bool(entry.get("SenderFault", False)),
            request_id=request_id,
        )
        for entry in answer.get("Failed", [])
    }
    return in_order(count, confirmed, failed)
