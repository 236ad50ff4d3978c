"""Open orders back to where accepted orders are announced: topic or queue hears of them again."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from botocore.exceptions import ClientError

from ops.calls import MAX_ENTRIES, Entry, RateLimit, calling, in_batches, send_entries
from ops.open_orders import Action, OpenOrder, Outcome
from orders.ids import execution_name
from orders.message import encode_order_placed, order_id_of
from terminal.interrupts import shielded


class Announcer(Protocol):
    """Where accepted orders are announced."""

    def publish(self, messages: Sequence[str]) -> list[str | None]:
        """Announce up to 10 messages; return the problem of each, None where it was taken.

        Raises:
            Unanswered, UserError: the call as a whole failed; some may have been taken.
        """
        ...


class Queue:
    """The queue that stored orders are put into where no topic is between."""

    def __init__(self, sqs: Any, url: str) -> None:
        self._sqs = sqs
        self._url = url

    def publish(self, messages: Sequence[str]) -> list[str | None]:
        """Queue up to 10 messages."""
        entries = [
            {"Id": str(number), "MessageBody": message} for number, message in enumerate(messages)
        ]
        with calling(f"sending to {self._url}"):
            problems = send_entries(self._send, entries)
        return [problems.get(entry["Id"]) for entry in entries]

    def _send(self, entries: list[Entry]) -> Any:
        return self._sqs.send_message_batch(QueueUrl=self._url, Entries=entries)


class StateMachine:
    """The workflow of orders: each gets an execution of a new name, its own is taken."""

    def __init__(self, client: Any, arn: str, now: Callable[[], float] = time.time) -> None:
        self._client = client
        self._arn = arn
        self._now = now

    def publish(self, messages: Sequence[str]) -> list[str | None]:
        """Start the workflows of up to 10 orders; one that is in work is not disturbed by it."""
        with calling(f"starting executions of {self._arn}"):
            return [self._start(order_id_of(message) or "") for message in messages]

    def _start(self, order_id: str) -> str | None:
        again = execution_name(f"{order_id}-{int(self._now())}")
        try:
            self._client.start_execution(
                stateMachineArn=self._arn, name=again, input=json.dumps({"order_id": order_id})
            )
        except ClientError as error:
            return str(error)
        return None


class Topic:
    """The topic on which every accepted order is published."""

    def __init__(self, sns: Any, arn: str) -> None:
        self._sns = sns
        self._arn = arn

    def publish(
        self, messages: Sequence[str], attributes: Sequence[Entry] = ()
    ) -> list[str | None]:
        """Publish up to 10 messages; return the problem of each, None where it was taken.

        Raises:
            Unanswered, UserError: the call as a whole failed; some may have been taken.
        """
        entries: list[Entry] = [
            {"Id": str(number), "Message": message} for number, message in enumerate(messages)
        ]
        for entry, told in zip(entries, attributes, strict=False):
            entry["MessageAttributes"] = told
        with calling(f"publishing to {self._arn}"):
            problems = send_entries(self._publish, entries)
        return [problems.get(entry["Id"]) for entry in entries]

    def _publish(self, entries: list[Entry]) -> Any:
        return self._sns.publish_batch(TopicArn=self._arn, PublishBatchRequestEntries=entries)


class Republisher:
    """Announces orders again, in batches, at a bounded rate."""

    def __init__(self, announcer: Announcer, rate: RateLimit) -> None:
        self._announcer = announcer
        self._rate = rate

    def retry(self, orders: Sequence[OpenOrder], done: Callable[[Outcome], None]) -> None:
        """Tell `done` of each order once AWS has answered for its batch."""
        for batch in in_batches(orders, most=self._rate.most(MAX_ENTRIES)):
            self._rate.wait()
            with shielded():
                messages = [encode_order_placed(order.order_id) for order in batch]
                problems = self._announcer.publish(messages)
                self._rate.went(len(batch))
                for order, problem in zip(batch, problems, strict=True):
                    action = Action.FAILED if problem else Action.REPUBLISHED
                    done(Outcome(order, action, problem or ""))
