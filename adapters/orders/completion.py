"""Completing orders and taking their stock: one transaction, so all of it happens or nothing.

Stock is summed over the orders of a group, a product written once: less than a tenth of the calls,
and no conflict among the orders of one process over a product that all of them want.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any

from adapters.aws.fast.dynamodb import DynamoDB
from adapters.orders.completion_group import (
    Completion,
    CompletionGroup,
    Refusals,
    is_undecided,
    product_name,
)
from adapters.orders.lease import ENOUGH_STOCK, STILL_SUCCEEDING, lease_values
from adapters.orders.schema import MOVE, STATUS_NAME, Tables
from kit.retry import full_jitter
from orders.model import Order, OrderStatus

# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
MAX_WRITES = 100
ATTEMPTS = 8


class CompletionTransaction:
    """Settles claimed orders as COMPLETED."""

    def __init__(self, dynamodb: DynamoDB, tables: Tables) -> None:
        self._dynamodb = dynamodb
        self._tables = tables

    async def complete(self, batch: Sequence[Completion]) -> list[Order | Exception]:
        """Complete the batch, at most `MAX_WRITES` writes; return what became of each order.

        What keeps one order from it (OutOfStock, LeaseLost) does not keep the others. A transaction
        of another process on the same product is no reason to take the group apart, or each of its
        orders would contend by itself: the group tries again as one, with jitter. Unavailable for
        those that met too many.

        Raises:
            AwsError, NoCredentials: the call failed; all of it may have been written.
        """
        group = CompletionGroup(batch)
        fruitless = 0
        while fruitless < ATTEMPTS and (together := group.next()):
            refusals = await self._transact(together)
            if not refusals:
                group.completed()
            elif all(map(is_undecided, refusals.values())):
                pause = full_jitter(fruitless, base_seconds=0.02, cap_seconds=1)
                fruitless += 1
                await asyncio.sleep(pause)
            elif not group.refused(refusals):
                fruitless += 1
        return group.results

    async def _transact(self, group: Sequence[Completion]) -> Refusals:
        """Write the group; return the reasons that kept it from happening, if any."""
        units: Counter[str] = Counter()
        for each in group:
            units.update(each.units)
        writes = [self._settle(each) for each in group] + [
            self._take(product_id, taken) for product_id, taken in units.items()
        ]
        reasons = await self._dynamodb.transact_write_items(writes)
        if not reasons:
            return {}
        names = [each.name for each in group] + [product_name(each) for each in units]
        found = zip(names, reasons, strict=True)
        return {name: reason for name, reason in found if reason.code != "None"}

    def _settle(self, completion: Completion) -> dict[str, Any]:
        order_id = completion.claim.order.order_id
        return {
            "Update": {
                "TableName": self._tables.orders,
                "Key": {"orderId": {"S": order_id}},
                "UpdateExpression": f"SET {MOVE}, settledAt = :at "
                "REMOVE leaseOwner, leaseExpiresAt",
                "ConditionExpression": STILL_SUCCEEDING,
                "ExpressionAttributeNames": STATUS_NAME,
                "ExpressionAttributeValues": {
                    **lease_values(completion.claim),
                    **self._tables.shards.move(order_id, OrderStatus.COMPLETED),
                    ":at": {"S": completion.settled_at},
                },
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }
        }

    def _take(self, product_id: str, units: int) -> dict[str, Any]:
        return {
            "Update": {
                "TableName": self._tables.products,
                "Key": {"productId": {"S": product_id}},
                "UpdateExpression": "SET stock = stock - :units",
                "ConditionExpression": ENOUGH_STOCK,
                "ExpressionAttributeValues": {":units": {"N": str(units)}},
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }
        }
