"""One message as it was received."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Message:
    """What a handler gets. `receive_count` starts at 1; `sent_at` is in epoch seconds."""

    message_id: str
    body: str
    receive_count: int = 1
    sent_at: float = 0.0
    attributes: Mapping[str, Any] = field(default_factory=dict)
    receipt: str = field(repr=False, default="")


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
