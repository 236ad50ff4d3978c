"""The two ways in which an order that was left behind gets back to whoever settles it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from ops.calls import MAX_ENTRIES, Entry, RateLimit, calling, in_batches, send_entries
from ops.open_orders import OpenOrder
from ops.resubmit import NotRepeated, Receiver
from orders.message import encode_order_placed
from terminal.interrupts import shielded

# Fewer than the payment slots of one receiver (paymentConcurrency 5): a customer finds one free.
REPEATS_AT_ONCE = 4


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


class Action(StrEnum):
    """What was done about an order."""

    ANNOUNCED = "announced again"
    SETTLED = "settled"
    LEFT = "left alone"
    FAILED = "not done"
    NONE = "nothing yet"


@dataclass(frozen=True)
class Outcome:
    """What was done about an order; `told` is its new status, or the problem."""

    order: OpenOrder
    action: Action
    told: str = ""


class Way(Protocol):
    """How orders are brought back."""

    def bring_back(self, orders: Sequence[OpenOrder], done: Callable[[Outcome], None]) -> None:
        """Tell `done` what became of each, in any order.

        Raises:
            Unanswered, UserError: the rest cannot be done either.
        """
        ...


class Announcing:
    """Announces orders on the topic, in batches, at a bounded rate."""

    def __init__(self, topic: Topic, rate: RateLimit) -> None:
        self._topic = topic
        self._rate = rate

    def bring_back(self, orders: Sequence[OpenOrder], done: Callable[[Outcome], None]) -> None:
        """Tell `done` of each order once SNS has answered for its batch."""
        for batch in in_batches(orders, most=self._rate.most(MAX_ENTRIES)):
            self._rate.wait()
            with shielded():
                messages = [encode_order_placed(order.order_id) for order in batch]
                problems = self._topic.publish(messages)
                self._rate.went(len(batch))
                for order, problem in zip(batch, problems, strict=True):
                    action = Action.FAILED if problem else Action.ANNOUNCED
                    done(Outcome(order, action, problem or ""))


class Repeating:
    """Repeats the customers' requests, a few at a time; an answer comes with the settled order."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver

    def bring_back(self, orders: Sequence[OpenOrder], done: Callable[[Outcome], None]) -> None:
        """Tell `done` of each order when it is answered.

        An interrupt begins no further one and waits for those under way; a second does not wait.
        """
        pool = ThreadPoolExecutor(REPEATS_AT_ONCE)
        waiting = {pool.submit(self._repeat, order) for order in orders}
        try:
            for answered in as_completed(set(waiting)):
                waiting.discard(answered)
                done(answered.result())
        finally:
            self._receiver.stop()
            pool.shutdown(wait=True, cancel_futures=True)
            for late in waiting:
                _tell(late, done)

    def _repeat(self, order: OpenOrder) -> Outcome:
        try:
            return Outcome(order, Action.SETTLED, self._receiver.repeat(order))
        except NotRepeated as problem:
            return Outcome(order, Action.FAILED, str(problem))


def _tell(late: Future[Outcome], done: Callable[[Outcome], None]) -> None:
    if late.done() and not late.cancelled():
        done(late.result())
