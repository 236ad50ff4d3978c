"""Messages as they are received, and the calls to SQS, each answer looked at entry by entry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from types_aiobotocore_sqs import SQSClient

# What a call to the queue can raise: refused by SQS, or never answered.
QUEUE_ERRORS = (ClientError, BotoCoreError, OSError, TimeoutError)

# The message was received again since, deleted, or became visible: no longer ours.
GONE = {"ReceiptHandleIsInvalid", "MessageNotInflight", "InvalidParameterValue"}

MAX_ATTRIBUTES = 10
MAX_REASON_LENGTH = 256


@dataclass(frozen=True, kw_only=True)
class Message:
    """What a handler gets. `receive_count` starts at 1; `sent_at` is in epoch seconds."""

    message_id: str
    body: str
    receive_count: int = 1
    sent_at: float = 0.0
    attributes: Mapping[str, Any] = field(default_factory=dict)
    receipt: str = field(repr=False, default="")


class EntryFailed(Exception):
    """SQS refused one entry of a batch; `gone` when its receipt is no longer valid."""

    def __init__(self, code: str, text: str, *, sender_fault: bool, request_id: str = "") -> None:
        self.code = code
        self.gone = sender_fault and code in GONE
        self.sender_fault = sender_fault
        self.request_id = request_id
        super().__init__(f"{code}: {text}")


class SqsQueue:
    """One queue and its dead-letter queue."""

    def __init__(self, sqs: SQSClient, *, queue_url: str, dead_letter_queue_url: str) -> None:
        self._sqs = sqs
        self._queue_url = queue_url
        self._dead_letter_queue_url = dead_letter_queue_url

    async def check(self) -> None:
        """Raise what a call to the queue raises; return when it answers."""
        await self._sqs.get_queue_attributes(
            QueueUrl=self._queue_url, AttributeNames=["VisibilityTimeout"]
        )

    async def receive(
        self, most: int, *, wait_seconds: int, visibility_timeout_seconds: int
    ) -> list[Message]:
        """Return 0 to `most` (10) messages, after at most `wait_seconds` (20)."""
        answer = await self._sqs.receive_message(
            QueueUrl=self._queue_url,
            MaxNumberOfMessages=most,
            WaitTimeSeconds=wait_seconds,
            VisibilityTimeout=visibility_timeout_seconds,
            MessageSystemAttributeNames=["ApproximateReceiveCount", "SentTimestamp"],
            MessageAttributeNames=["All"],
        )
        return [message_from_sqs(received) for received in answer.get("Messages", [])]

    async def delete(self, receipts: Sequence[str]) -> list[EntryFailed | None]:
        """Delete up to 10 messages; return what went wrong with each, in order."""
        answer = await self._sqs.delete_message_batch(
            QueueUrl=self._queue_url,
            Entries=[{"Id": str(i), "ReceiptHandle": each} for i, each in enumerate(receipts)],
        )
        return _failures(answer, len(receipts))

    async def change_visibility(
        self, changes: Sequence[tuple[str, int]]
    ) -> list[EntryFailed | None]:
        """Show up to 10 messages, given as (receipt, seconds), again after those seconds from now.

        Returns what went wrong with each, in order.
        """
        answer = await self._sqs.change_message_visibility_batch(
            QueueUrl=self._queue_url,
            Entries=[
                {"Id": str(i), "ReceiptHandle": receipt, "VisibilityTimeout": seconds}
                for i, (receipt, seconds) in enumerate(changes)
            ],
        )
        return _failures(answer, len(changes))

    async def dead_letter(self, message: Message, reason: str) -> None:
        """Copy the message to the dead-letter queue, with why and where it came from."""
        added = {
            "reason": _text_attribute(_printable(reason)),
            "sourceMessageId": _text_attribute(message.message_id),
            "receiveCount": _text_attribute(str(message.receive_count)),
        }
        kept = {name: value for name, value in message.attributes.items() if name not in added}
        room = MAX_ATTRIBUTES - len(added)
        await self._sqs.send_message(
            QueueUrl=self._dead_letter_queue_url,
            MessageBody=message.body,
            MessageAttributes={**dict(list(kept.items())[:room]), **added},
        )


def message_from_sqs(received: Mapping[str, Any]) -> Message:
    """Return the message in one entry of a ReceiveMessage answer."""
    system = received.get("Attributes", {})
    return Message(
        message_id=received["MessageId"],
        body=received.get("Body", ""),
        receive_count=int(system.get("ApproximateReceiveCount", 1)),
        sent_at=int(system.get("SentTimestamp", 0)) / 1000,
        attributes=received.get("MessageAttributes", {}),
        receipt=received["ReceiptHandle"],
    )


def request_id_of(error: BaseException) -> str:
    """Return AWS's id of the request that failed; empty if there was no answer."""
    if isinstance(error, ClientError):
        request_id: str = error.response.get("ResponseMetadata", {}).get("RequestId", "")
        return request_id
    return error.request_id if isinstance(error, EntryFailed) else ""


def _failures(answer: Mapping[str, Any], count: int) -> list[EntryFailed | None]:
    """Return a failure for each entry that SQS did not confirm, in the order sent."""
    confirmed = {entry["Id"] for entry in answer.get("Successful", [])}
    failed = {entry["Id"]: entry for entry in answer.get("Failed", [])}
    request_id = answer.get("ResponseMetadata", {}).get("RequestId", "")
    results: list[EntryFailed | None] = []
    for name in map(str, range(count)):
        if name in confirmed:
            results.append(None)
            continue
        entry = failed.get(name, {})
        code = entry.get("Code", "Unconfirmed")
        fault = bool(entry.get("SenderFault", False))
        text = entry.get("Message", "")
        results.append(EntryFailed(code, text, sender_fault=fault, request_id=request_id))
    return results


def _text_attribute(value: str) -> Any:
    return {"DataType": "String", "StringValue": value}


def _printable(reason: str) -> str:
    """SQS refuses control characters, and a text that is empty."""
    shown = "".join(each if each.isprintable() else " " for each in reason[:MAX_REASON_LENGTH])
    return shown.strip() or "unknown"
