"""Announcing orders on the stack's topic, as the receiver does when it accepts them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ops.batches import Entry, send_entries
from ops.calls import calling

SCHEMA = 1


def announcement(order_id: str) -> str:
    """Return the message that stands for an order, the same as the services write and read."""
    return json.dumps({"schema": SCHEMA, "order_id": order_id}, separators=(",", ":"))


class Topic:
    """The topic that every accepted order is announced on."""

    def __init__(self, sns: Any, arn: str) -> None:
        self._sns = sns
        self._arn = arn

    def publish(self, messages: Sequence[str], attributes: Entry | None = None) -> list[str | None]:
        """Publish up to 10 messages; return the problem of each, None where it was taken.

        Raises:
            Unanswered, UserError: the call as a whole failed; some may have been taken.
        """
        common: Entry = {"MessageAttributes": attributes} if attributes else {}
        entries = [
            {"Id": str(number), "Message": message, **common}
            for number, message in enumerate(messages)
        ]
        with calling(f"publishing to {self._arn}"):
            problems = send_entries(self._publish, entries)
        return [problems.get(entry["Id"]) for entry in entries]

    def _publish(self, entries: list[Entry]) -> Any:
        return self._sns.publish_batch(TopicArn=self._arn, PublishBatchRequestEntries=entries)
