"""Open orders: which are stuck, which may be waiting for their turn, and what a retry did."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from orders.clock import epoch_seconds, timestamp
from orders.model import OrderStatus
from orders.status_index import STATUS_INDEX, keys_of

CLAIMED = (OrderStatus.PROCESSING, OrderStatus.COMPLETED, OrderStatus.FAILED)
# SQS hands messages out in roughly the order in which they came; a minute is beyond "roughly".
LEAST_LEAD_SECONDS = 60.0
# What is read of an order. `status` and `lines` are reserved words of DynamoDB's expressions.
ASKED = {
    f"#{name}": name
    for name in ("orderId", "customerId", "lines", "status", "createdAt", "leaseExpiresAt")
}


class Why(StrEnum):
    """What tells that an order is stuck, or that it may not be."""

    LEASE_ENDED = "its worker is gone"
    """It was begun, and the lease of who began it has ended."""
    NO_MESSAGE = "never begun, no message"
    """The queue is empty, or the topology has none."""
    OVERTAKEN = "never begun, overtaken"
    """The queue holds messages, and orders that were placed later have been begun."""
    WAITING = "may be waiting"
    """The queue holds messages, and its own may be among them."""


@dataclass(frozen=True)
class OpenOrder:
    """An order that is not settled; moments are epoch seconds."""

    order_id: str
    status: str
    customer_id: str
    lines: str
    created_at: float
    lease_ended_at: float | None = None


class Action(StrEnum):
    """What was done about an order."""

    REPUBLISHED = "republished"
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


class Retrier(Protocol):
    """How stuck orders are given to a worker again."""

    def retry(self, orders: Sequence[OpenOrder], done: Callable[[Outcome], None]) -> None:
        """Tell `done` what became of each, in any order.

        Raises:
            Unanswered, UserError: the rest cannot be done either.
        """
        ...


class OpenOrders:
    """Reads open orders through the table's status index; `now` and ages are in seconds."""

    def __init__(self, dynamodb: Any, table: str, *, now: float, older_than: float) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._now = now
        self._older_than = older_than

    def unbegun(self) -> Iterator[OpenOrder]:
        """Yield orders that have been PENDING for longer than the age."""
        return self._query(
            OrderStatus.PENDING,
            KeyConditionExpression="statusShard = :shard AND #createdAt < :limit",
            ExpressionAttributeValues={":limit": {"S": timestamp(self._now - self._older_than)}},
        )

    def abandoned(self) -> Iterator[OpenOrder]:
        """Yield orders that are PROCESSING under a lease that ended longer ago than the age."""
        limit_ms = int((self._now - self._older_than) * 1000)
        return self._query(
            OrderStatus.PROCESSING,
            KeyConditionExpression="statusShard = :shard",
            FilterExpression="#leaseExpiresAt < :limit",
            ExpressionAttributeValues={":limit": {"N": str(limit_ms)}},
        )

    def front(self) -> float:
        """Return when the newest order was placed that a worker has begun; -inf without one."""
        keys = (key for status in CLAIMED for key in keys_of(status))
        return max(map(self._newest, keys), default=float("-inf"))

    def why_unbegun(self, order: OpenOrder, *, messages: int, front: float) -> Why:
        """Return what a PENDING order's message may be doing, `messages` being in the queue."""
        if not messages:
            return Why.NO_MESSAGE
        lead = max(self._older_than, LEAST_LEAD_SECONDS)
        return Why.OVERTAKEN if front - order.created_at > lead else Why.WAITING

    def _newest(self, key: str) -> float:
        found = self._dynamodb.query(
            TableName=self._table,
            IndexName=STATUS_INDEX,
            KeyConditionExpression="statusShard = :shard",
            ExpressionAttributeValues={":shard": {"S": key}},
            ScanIndexForward=False,
            Limit=1,
        )["Items"]
        return epoch_seconds(found[0]["createdAt"]["S"]) if found else float("-inf")

    def _query(self, status: OrderStatus, **request: Any) -> Iterator[OpenOrder]:
        limits = request.pop("ExpressionAttributeValues")
        for key in keys_of(status):
            pages = self._dynamodb.get_paginator("query").paginate(
                TableName=self._table,
                IndexName=STATUS_INDEX,
                ProjectionExpression=", ".join(ASKED),
                ExpressionAttributeNames=ASKED,
                ExpressionAttributeValues={":shard": {"S": key}, **limits},
                **request,
            )
            for page in pages:
                yield from map(_order, page["Items"])


def _order(item: dict[str, Any]) -> OpenOrder:
    lease = item.get("leaseExpiresAt")
    return OpenOrder(
        order_id=item["orderId"]["S"],
        status=item["status"]["S"],
        customer_id=item["customerId"]["S"],
        lines=item["lines"]["S"],
        created_at=epoch_seconds(item["createdAt"]["S"]),
        lease_ended_at=int(lease["N"]) / 1000 if lease else None,
    )
