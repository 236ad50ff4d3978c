"""Open orders back to the topic: their events are published once more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ops.calls import MAX_ENTRIES, Entry, RateLimit, calling, in_batches, send_entries
from ops.open_orders import Action, OpenOrder, Outcome
from orders.message import encode_order_placed
from terminal.interrupts import shielded


class Topic:
    """The topic on which every accepted order is published."""

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


class Republisher:
    """Publishes orders on the topic again, in batches, at a bounded rate."""

    def __init__(self, topic: Topic, rate: RateLimit) -> None:
        self._topic = topic
        self._rate = rate

    def retry(self, orders: Sequence[OpenOrder], done: Callable[[Outcome], None]) -> None:
        """Tell `done` of each order once SNS has answered for its batch."""
        for batch in in_batches(orders, most=self._rate.most(MAX_ENTRIES)):
            self._rate.wait()
            with shielded():
                messages = [encode_order_placed(order.order_id) for order in batch]
                problems = self._topic.publish(messages)
                self._rate.went(len(batch))
                for order, problem in zip(batch, problems, strict=True):
                    action = Action.FAILED if problem else Action.REPUBLISHED
                    done(Outcome(order, action, problem or ""))
