"""The orders table at fulfilment: read, claim, settle, each one conditional call."""

from __future__ import annotations

from typing import Any

from adapters.aws.conflicts import past_transaction
from adapters.aws.errors import AWS_ERRORS, unavailable
from adapters.aws.fast.dynamodb import ConditionFailed, DynamoDB, Item
from adapters.orders.completion import CompletionTransaction
from adapters.orders.completion_group import Completion
from adapters.orders.lease import CLAIMABLE, LEASE_HELD, lease_values, settled_before
from adapters.orders.schema import (
    MOVE,
    STATUS_NAME,
    AttributeMap,
    Tables,
    failure_from_item,
    order_from_item,
)
from orders.errors import LeaseLost, OrderBusy, OrderNotFound
from orders.lifecycle import SETTLED
from orders.model import FailureReason, Order, OrderStatus
from orders.ports import Claim, Lease

TABLES = "orders and products tables"


class DynamoOrderStore:
    """Fulfils `orders.ports.OrderStore` on the orders and products tables."""

    def __init__(self, dynamodb: DynamoDB, tables: Tables) -> None:
        self._transaction = CompletionTransaction(dynamodb, tables)
        self._dynamodb = dynamodb
        self._tables = tables

    async def get(self, order_id: str) -> Order | None:
        """Return the order as last written (a consistent read), or None.

        Raises:
            Unavailable: the table did not answer.
        """
        try:
            item = await self._dynamodb.get_item(self._tables.orders, {"orderId": {"S": order_id}})
        except AWS_ERRORS as error:
            raise unavailable("orders table", error) from error
        return order_from_item(item) if item else None

    async def claim(self, order_id: str, lease: Lease, now_ms: int) -> Claim | Order:
        """Take the order under `lease`, or return it when it is settled already."""
        found = await self._update(
            order_id,
            f"SET {MOVE}, leaseOwner = :owner, leaseExpiresAt = :expires",
            CLAIMABLE,
            {
                **self._tables.shards.move(order_id, OrderStatus.PROCESSING),
                ":pending": {"S": OrderStatus.PENDING.value},
                ":processing": {"S": OrderStatus.PROCESSING.value},
                ":owner": {"S": lease.owner},
                ":expires": {"N": str(lease.expires_at_ms)},
                ":now": {"N": str(now_ms)},
            },
        )
        if isinstance(found, ConditionFailed):
            return _why_not_claimed(order_id, found.item, now_ms, lease)
        return Claim(order_from_item(found), lease, failure_from_item(found))

    async def release(self, claim: Claim, now_ms: int) -> None:
        """End the claim's lease; nothing happens when it is no longer held."""
        values = {**lease_values(claim), ":now": {"N": str(now_ms)}}
        await self._update(claim.order.order_id, "SET leaseExpiresAt = :now", LEASE_HELD, values)

    async def complete(self, claim: Claim, settled_at: str) -> Order:
        """Take the stock and settle as COMPLETED, both or neither.

        Raises:
            OutOfStock: nothing was written.
            LeaseLost: nothing was written.
            Unavailable: no answer, or too many conflicts; it may have been written.
        """
        try:
            [result] = await self._transaction.complete([Completion.of(claim, settled_at)])
        except AWS_ERRORS as error:
            raise unavailable(TABLES, error) from error
        if isinstance(result, Exception):
            raise result
        return result

    async def decide_failure(self, claim: Claim, reason: FailureReason) -> None:
        """Make durable that the order will fail; from here on nobody can complete it."""
        found = await self._update(
            claim.order.order_id,
            "SET failureReason = :reason",
            LEASE_HELD,
            {**lease_values(claim), ":reason": {"S": reason.value}},
        )
        if isinstance(found, ConditionFailed):
            raise LeaseLost(claim.order.order_id)

    async def fail(self, claim: Claim, reason: FailureReason, settled_at: str) -> Order:
        """Settle as FAILED."""
        order_id = claim.order.order_id
        found = await self._update(
            order_id,
            f"SET {MOVE}, failureReason = :reason, settledAt = :at "
            "REMOVE leaseOwner, leaseExpiresAt",
            LEASE_HELD,
            {
                **lease_values(claim),
                **self._tables.shards.move(order_id, OrderStatus.FAILED),
                ":reason": {"S": reason.value},
                ":at": {"S": settled_at},
            },
        )
        if isinstance(found, ConditionFailed):
            return settled_before(claim, found.item, OrderStatus.FAILED)
        return order_from_item(found)

    async def _update(
        self, order_id: str, update: str, condition: str, values: dict[str, Any]
    ) -> Item | ConditionFailed:
        try:
            return await past_transaction(
                lambda: self._dynamodb.update_item(
                    self._tables.orders,
                    {"orderId": {"S": order_id}},
                    update,
                    condition=condition,
                    names=STATUS_NAME,
                    values=values,
                )
            )
        except AWS_ERRORS as error:
            raise unavailable("orders table", error) from error


def _why_not_claimed(
    order_id: str, item: AttributeMap | None, now_ms: int, lease: Lease
) -> Claim | Order:
    if not item:
        raise OrderNotFound(order_id)
    order = order_from_item(item)
    if order.status in SETTLED:
        return order
    if item.get("leaseOwner", {}).get("S") == lease.owner:
        # The first try was written and its answer lost: the lease is ours.
        return Claim(order, lease, failure_from_item(item))
    remaining_ms = int(item["leaseExpiresAt"]["N"]) - now_ms
    raise OrderBusy(order_id, max(remaining_ms, 0) / 1000)
