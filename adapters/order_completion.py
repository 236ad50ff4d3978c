"""Completing an order and taking its stock: one transaction, so both happen or neither."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec
from botocore.exceptions import ClientError

from adapters.aws_errors import AWS_ERRORS, error_code, unavailable
from adapters.backoff import full_jitter
from adapters.order_conditions import (
    ENOUGH_STOCK,
    STATUS_NAME,
    STILL_SUCCEEDING,
    lease_values,
)
from orders.errors import LeaseLost, OutOfStock, Unavailable
from orders.model import Order, OrderStatus

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient
    from types_aiobotocore_dynamodb.type_defs import TransactWriteItemTypeDef

    from orders.ports import Claim, OrderReader

ATTEMPTS = 8
TABLES = "orders and products tables"
# Another transaction held one of the items, or DynamoDB was short of capacity: nothing was decided.
UNDECIDED = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}


class OrderCompletion:
    """Settles a claimed order as COMPLETED."""

    def __init__(
        self,
        dynamodb: DynamoDBClient,
        *,
        orders_table: str,
        products_table: str,
        reader: OrderReader,
    ) -> None:
        self._dynamodb = dynamodb
        self._orders_table = orders_table
        self._products_table = products_table
        self._reader = reader

    async def complete(self, claim: Claim, settled_at: str) -> Order:
        """Take the stock and settle; conflicts on a hot product are tried again with jitter.

        Raises:
            OutOfStock: nothing was written.
            LeaseLost: nothing was written.
            Unavailable: no answer, or too many conflicts; it may have been written.
        """
        writes = [self._settle(claim, settled_at), *self._take_stock(claim.order)]
        for attempt in range(ATTEMPTS):
            if attempt:
                pause = full_jitter(attempt - 1, base_seconds=0.02, cap_seconds=1)
                await asyncio.sleep(pause)
            try:
                await self._dynamodb.transact_write_items(TransactItems=writes)
            except ClientError as error:
                codes = _cancellation_codes(error)
                if set(codes) - {"None"} <= UNDECIDED and codes:
                    continue
                return await self._why_cancelled(claim, codes, error)
            except AWS_ERRORS as error:
                raise unavailable(TABLES, error) from error
            return msgspec.structs.replace(
                claim.order, status=OrderStatus.COMPLETED, settled_at=settled_at
            )
        raise Unavailable(f"order {claim.order.order_id}: too many orders take the same stock")

    def _settle(self, claim: Claim, settled_at: str) -> TransactWriteItemTypeDef:
        return {
            "Update": {
                "TableName": self._orders_table,
                "Key": {"orderId": {"S": claim.order.order_id}},
                "UpdateExpression": "SET #status = :completed, settledAt = :at "
                "REMOVE leaseOwner, leaseExpiresAt",
                "ConditionExpression": STILL_SUCCEEDING,
                "ExpressionAttributeNames": STATUS_NAME,
                "ExpressionAttributeValues": {
                    **lease_values(claim),
                    ":completed": {"S": OrderStatus.COMPLETED.value},
                    ":at": {"S": settled_at},
                },
            }
        }

    def _take_stock(self, order: Order) -> list[TransactWriteItemTypeDef]:
        return [
            {
                "Update": {
                    "TableName": self._products_table,
                    "Key": {"productId": {"S": product_id}},
                    "UpdateExpression": "SET stock = stock - :units",
                    "ConditionExpression": ENOUGH_STOCK,
                    "ExpressionAttributeValues": {":units": {"N": str(units)}},
                }
            }
            for product_id, units in order.units_by_product().items()
        ]

    async def _why_cancelled(self, claim: Claim, codes: list[str], error: ClientError) -> Order:
        """Tell a completion that had happened already, a lost lease and empty stock apart."""
        order_id = claim.order.order_id
        match codes:
            case ["ConditionalCheckFailed", *_]:
                # The answer to an earlier try may have been lost on its way: look first.
                current = await self._reader.get(order_id)
                if current is not None and current.status is OrderStatus.COMPLETED:
                    return current
                raise LeaseLost(order_id)
            case [_, *stock] if "ConditionalCheckFailed" in stock:
                raise OutOfStock(order_id)
            case _:
                raise unavailable(TABLES, error) from error


def _cancellation_codes(error: ClientError) -> list[str]:
    """Return a code for each write of a cancelled transaction; empty for any other error."""
    if error_code(error) != "TransactionCanceledException":
        return []
    reasons = error.response.get("CancellationReasons", [])
    return [str(reason.get("Code", "None")) for reason in reasons]
