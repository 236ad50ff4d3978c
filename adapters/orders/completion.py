"""Completing an order and taking its stock: one transaction, so both happen or neither."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec
from botocore.exceptions import ClientError

from adapters.aws.errors import AWS_ERRORS, error_code, unavailable
from adapters.orders.conditions import (
    ENOUGH_STOCK,
    STILL_SUCCEEDING,
    lease_values,
)
from adapters.orders.items import AttributeMap, order_from_item
from adapters.orders.status_shards import MOVE, STATUS_NAME, StatusShards
from kit.retry import full_jitter
from orders.errors import LeaseLost, OutOfStock, Unavailable
from orders.model import Order, OrderStatus

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient
    from types_aiobotocore_dynamodb.type_defs import TransactWriteItemTypeDef

    from orders.ports import Claim

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
        shards: StatusShards,
    ) -> None:
        self._dynamodb = dynamodb
        self._orders_table = orders_table
        self._products_table = products_table
        self._shards = shards

    async def complete(self, claim: Claim, settled_at: str) -> Order:
        """Take the stock and settle; conflicts on a hot product are tried again with jitter.

        Raises:
            OutOfStock: nothing was written.
            LeaseLost: nothing was written.
            Unavailable: no answer, or too many conflicts; it may have been written.
        """
        writes = [
            self.settle_write(claim, settled_at),
            *self.stock_writes(claim.order.units_by_product()),
        ]
        for attempt in range(ATTEMPTS):
            if attempt:
                pause = full_jitter(attempt - 1, base_seconds=0.02, cap_seconds=1)
                await asyncio.sleep(pause)
            try:
                await self._dynamodb.transact_write_items(TransactItems=writes)
            except ClientError as error:
                reasons = cancellation_reasons(error)
                if nothing_decided(reasons):
                    continue
                return _why_cancelled(claim, reasons, error)
            except AWS_ERRORS as error:
                raise unavailable(TABLES, error) from error
            return msgspec.structs.replace(
                claim.order, status=OrderStatus.COMPLETED, settled_at=settled_at
            )
        raise Unavailable(f"order {claim.order.order_id}: too many orders take the same stock")

    def settle_write(self, claim: Claim, settled_at: str) -> TransactWriteItemTypeDef:
        """Return the write that settles one order, under its lease."""
        order_id = claim.order.order_id
        return {
            "Update": {
                "TableName": self._orders_table,
                "Key": {"orderId": {"S": order_id}},
                "UpdateExpression": f"SET {MOVE}, settledAt = :at "
                "REMOVE leaseOwner, leaseExpiresAt",
                "ConditionExpression": STILL_SUCCEEDING,
                "ExpressionAttributeNames": STATUS_NAME,
                "ExpressionAttributeValues": {
                    **lease_values(claim),
                    **self._shards.move(order_id, OrderStatus.COMPLETED),
                    ":at": {"S": settled_at},
                },
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }
        }

    def stock_writes(self, units: Mapping[str, int]) -> list[TransactWriteItemTypeDef]:
        """Return one write for each product, given the units to take of each."""
        return [
            {
                "Update": {
                    "TableName": self._products_table,
                    "Key": {"productId": {"S": product_id}},
                    "UpdateExpression": "SET stock = stock - :units",
                    "ConditionExpression": ENOUGH_STOCK,
                    "ExpressionAttributeValues": {":units": {"N": str(taken)}},
                    "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                }
            }
            for product_id, taken in units.items()
        ]


def cancellation_reasons(error: ClientError) -> list[Mapping[str, Any]]:
    """Return a reason for each write of a cancelled transaction; empty for any other error."""
    if error_code(error) != "TransactionCanceledException":
        return []
    return list(error.response.get("CancellationReasons", []))


def nothing_decided(reasons: list[Mapping[str, Any]]) -> bool:
    """Tell whether the same transaction may succeed later."""
    codes = {reason.get("Code", "None") for reason in reasons} - {"None"}
    return bool(codes) and codes <= UNDECIDED


def _why_cancelled(claim: Claim, reasons: list[Mapping[str, Any]], error: ClientError) -> Order:
    """Tell a completion that had happened already, a lost lease and empty stock apart."""
    match [reason.get("Code", "None") for reason in reasons]:
        case ["ConditionalCheckFailed", *_]:
            return settled_before(claim, reasons[0].get("Item"), OrderStatus.COMPLETED)
        case [_, *stock] if "ConditionalCheckFailed" in stock:
            raise OutOfStock(claim.order.order_id)
        case _:
            raise unavailable(TABLES, error) from error


def settled_before(claim: Claim, item: AttributeMap | None, status: OrderStatus) -> Order:
    """Return the order that is settled as wanted: an earlier try was written, its answer lost.

    Raises:
        LeaseLost: it is not.
    """
    order = order_from_item(item) if item else None
    if order is None or order.status is not status:
        raise LeaseLost(claim.order.order_id)
    return order
