"""What lies in a dead-letter queue: which message, and why it lies there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ops.calls import Entry, calling, in_batches, send_entries
from ops.stack import QueueDepth, queue_depth
from orders.message import order_id_of

WAIT_SECONDS = 1
"""A long poll asks all of SQS's servers: an empty answer means an empty queue."""
REDRIVE = "redrive"
"""The attribute that tells which redrive sent a message back."""
TOO_OFTEN = "received too often"
NO_REASON = "no reason given"
_REASON = "reason"
_SOURCE = "DeadLetterQueueSourceArn"


@dataclass(frozen=True)
class DeadLetter:
    """One message as it was received; `redrive` names the redrive that sent it back before."""

    message_id: str
    body: str
    reason: str
    redrive: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    receipt: str = field(repr=False, default="")

    @property
    def kind(self) -> str:
        """The reason without the order's own id, so that orders of one kind count together."""
        order_id = order_id_of(self.body)
        return self.reason.replace(order_id, "...") if order_id else self.reason

    @property
    def size(self) -> int:
        """Bytes that count against a batch's limit: body, and names, types and values."""
        size = len(self.body.encode())
        for name, value in self.attributes.items():
            size += len(name.encode()) + len(value.get("DataType", "").encode())
            size += len(value.get("StringValue", "").encode()) + len(value.get("BinaryValue", b""))
        return size


class DeadLetterQueue:
    """The calls of a redrive to the queue that it empties."""

    def __init__(self, sqs: Any, url: str) -> None:
        self.url = url
        self._sqs = sqs

    def count(self) -> QueueDepth:
        """Return how many messages there are: visible, and hidden by who is looking at them."""
        with calling(f"counting the messages of {self.url}"):
            return queue_depth(self._sqs, self.url)

    def receive(self, most: int, timeout_seconds: int) -> list[Mapping[str, Any]]:
        """Return up to `most` (10) messages as SQS gives them, hidden for so long; none at the end.

        Raises:
            Unanswered, UserError: SQS refused, or did not answer.
        """
        with calling(f"receiving from {self.url}"):
            answer = self._sqs.receive_message(
                QueueUrl=self.url,
                MaxNumberOfMessages=most,
                VisibilityTimeout=timeout_seconds,
                WaitTimeSeconds=WAIT_SECONDS,
                MessageSystemAttributeNames=[_SOURCE],
                MessageAttributeNames=["All"],
            )
        messages: list[Mapping[str, Any]] = answer.get("Messages", [])
        return messages

    def delete(self, letters: Iterable[DeadLetter]) -> dict[str, str]:
        """Delete up to 10 messages; return the problem of each that is still there, by id."""

        def call(entries: list[Entry]) -> Any:
            return self._sqs.delete_message_batch(QueueUrl=self.url, Entries=entries)

        by_entry = {str(number): letter for number, letter in enumerate(letters)}
        entries = [
            {"Id": name, "ReceiptHandle": letter.receipt} for name, letter in by_entry.items()
        ]
        with calling(f"deleting from {self.url}"):
            problems = send_entries(call, entries)
        return {by_entry[name].message_id: problem for name, problem in problems.items()}

    def release(self, receipts: Iterable[str]) -> None:
        """Make messages visible immediately; one that cannot be is visible already, or will be."""

        def call(entries: list[Entry]) -> Any:
            return self._sqs.change_message_visibility_batch(QueueUrl=self.url, Entries=entries)

        for batch in in_batches(receipts):
            entries = [
                {"Id": str(number), "ReceiptHandle": receipt, "VisibilityTimeout": 0}
                for number, receipt in enumerate(batch)
            ]
            with calling(f"releasing messages of {self.url}"):
                send_entries(call, entries)


def text_of(attributes: Mapping[str, Any], name: str) -> str | None:
    """Return the text of a message attribute."""
    value = attributes.get(name, {}).get("StringValue")
    return value if isinstance(value, str) else None


def reason_of(received: Mapping[str, Any]) -> str:
    """Return why the processor, or SQS itself, dead-lettered a message.

    SQS says which queue it moved a message from; what attributes say is then of an earlier time.
    """
    if _SOURCE in received.get("Attributes", {}):
        return TOO_OFTEN
    return text_of(received.get("MessageAttributes", {}), _REASON) or NO_REASON
