"""Completing orders and taking their stock: one transaction, so all of it happens or nothing.

Stock is summed over the orders of a group, a product written once: less than a tenth of the calls,
and no conflict among the orders of one process over a product that all of them want.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from adapters.aws.errors import error_code
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

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient
    from types_aiobotocore_dynamodb.type_defs import TransactWriteItemTypeDef

# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
MAX_WRITES = 100
ATTEMPTS = 8


class CompletionTransaction:
    """Settles claimed orders as COMPLETED."""

    def __init__(self, dynamodb: DynamoDBClient, tables: Tables) -> None:
        self._dynamodb = dynamodb
        self._tables = tables

    async def complete(self, batch: Sequence[Completion]) -> list[Order | Exception]:
        """Complete the batch, at most `MAX_WRITES` writes; return what became of each order.

        What keeps one order from it (OutOfStock, LeaseLost) does not keep the others. A transaction
        of another process on the same product is no reason to take the group apart, or each of its
        orders would contend by itself: the group tries again as one, with jitter. Unavailable for
        those that met too many.

        Raises:
            ClientError, BotoCoreError, OSError: the call failed; all of it may have been written.
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
        try:
            await self._dynamodb.transact_write_items(TransactItems=writes)
        except ClientError as error:
            reasons = cancellation_reasons(error)
            if not reasons:
                raise
            names = [each.name for each in group] + [product_name(each) for each in units]
            return {
                name: reason
                for name, reason in zip(names, reasons, strict=True)
                if reason.get("Code", "None") != "None"
            }
        return {}

    def _settle(self, completion: Completion) -> TransactWriteItemTypeDef:
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

    def _take(self, product_id: str, units: int) -> TransactWriteItemTypeDef:
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


def cancellation_reasons(error: ClientError) -> list[Mapping[str, Any]]:
    """Return a reason for each write of a cancelled transaction; empty for any other error."""
    if error_code(error) != "TransactionCanceledException":
        return []
    return list(error.response.get("CancellationReasons", []))
