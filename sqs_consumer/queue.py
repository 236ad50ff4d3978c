"""The queue as the consumer needs it: five calls, whose failures are told one by one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

# The message was received again since, deleted, or became visible: no longer ours.
GONE = {"ReceiptHandleIsInvalid", "MessageNotInflight", "InvalidParameterValue"}

# What `message_from` reads of what SQS itself says about a message.
SYSTEM_ATTRIBUTES: Final = ("ApproximateReceiveCount", "SentTimestamp")

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


class QueueError(Exception):
    """A call to SQS failed: refused with this code, or never answered."""

    def __init__(self, code: str, text: str, *, request_id: str = "") -> None:
        self.code = code
        self.request_id = request_id
        super().__init__(f"{code}: {text}")


class EntryFailed(QueueError):
    """SQS refused one entry of a batch; `gone` when its receipt is no longer valid."""

    def __init__(self, code: str, text: str, *, sender_fault: bool, request_id: str = "") -> None:
        self.gone = sender_fault and code in GONE
        self.sender_fault = sender_fault
        super().__init__(code, text, request_id=request_id)


class Queue(Protocol):
    """One queue and its dead-letter queue; every method raises QueueError if the call fails."""

    async def check(self) -> None:
        """Return when the queue answers."""
        ...

    async def receive(
        self, most: int, *, wait_seconds: int, visibility_timeout_seconds: int
    ) -> list[Message]:
        """Return 0 to `most` (10) messages, after at most `wait_seconds` (20).

        Tries once: whoever asked may want no messages any more by the time that a long poll ended.
        """
        ...

    async def delete(self, receipts: Sequence[str]) -> list[EntryFailed | None]:
        """Delete up to 10 messages; return what went wrong with each, in order."""
        ...

    async def change_visibility(
        self, changes: Sequence[tuple[str, int]]
    ) -> list[EntryFailed | None]:
        """Show up to 10 messages, given as (receipt, seconds), again after those seconds from now.

        Returns what went wrong with each, in order.
        """
        ...

    async def dead_letter(self, message: Message, reason: str) -> None:
        """Copy the message to the dead-letter queue, with why and where it came from."""
        ...


def message_from(
    message_id: str,
    body: str,
    receipt: str,
    system: Mapping[str, str],
    attributes: Mapping[str, Any],
) -> Message:
    """Return a received message; `system` are the attributes that SQS itself gave it."""
    return Message(
        message_id=message_id,
        body=body,
        receive_count=int(system.get("ApproximateReceiveCount", 1)),
        sent_at=int(system.get("SentTimestamp", 0)) / 1000,
        attributes=attributes,
        receipt=receipt,
    )


def delete_entries(receipts: Sequence[str]) -> list[dict[str, Any]]:
    """Return the entries of a batch of deletes, named by their places."""
    return [{"Id": str(place), "ReceiptHandle": receipt} for place, receipt in enumerate(receipts)]


def visibility_entries(changes: Sequence[tuple[str, int]]) -> list[dict[str, Any]]:
    """Return the entries of a batch of changes, (receipt, seconds), named by their places."""
    return [
        {"Id": str(place), "ReceiptHandle": receipt, "VisibilityTimeout": seconds}
        for place, (receipt, seconds) in enumerate(changes)
    ]


def in_order(
    count: int, confirmed: Collection[str], failed: Mapping[str, EntryFailed]
) -> list[EntryFailed | None]:
    """Return a failure for each entry that SQS did not confirm, in the order sent."""
    return [
        None if name in confirmed else failed.get(name) or _unconfirmed()
        for name in map(str, range(count))
    ]


def dead_letter_attributes(message: Message, reason: str) -> dict[str, Any]:
    """Return the message's own attributes, as many as there is room for, and what happened."""
    added = {
        "reason": _text_attribute(_printable(reason)),
        "sourceMessageId": _text_attribute(message.message_id),
        "receiveCount": _text_attribute(str(message.receive_count)),
    }
    kept = {name: value for name, value in message.attributes.items() if name not in added}
    room = MAX_ATTRIBUTES - len(added)
    return {**dict(list(kept.items())[:room]), **added}


def request_id_of(error: BaseException) -> str:
    """Return AWS's id of the request that failed; empty if there was no answer."""
    return error.request_id if isinstance(error, QueueError) else ""


def _unconfirmed() -> EntryFailed:
    return EntryFailed("Unconfirmed", "the answer does not name it", sender_fault=False)


def _text_attribute(value: str) -> Any:
    return {"DataType": "String", "StringValue": value}


def _printable(reason: str) -> str:
    """SQS refuses control characters, and a text that is empty."""
    shown = "".join(each if each.isprintable() else " " for each in reason[:MAX_REASON_LENGTH])
    return shown.strip() or "unknown"
