"""The orders table at fulfilment, many orders a call where the usual case allows it.

The usual case is an order that waits to be claimed, and one that can be completed. Whatever else
a batch finds is left to `DynamoOrderStore`, which tells all cases apart, one order a call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.aws.errors import AWS_ERRORS, unavailable
from adapters.aws.statement_batcher import StatementBatcher
from adapters.orders.batched_completion import BatchedOrderCompletion
from adapters.orders.items import failure_from_item, order_from_item
from adapters.orders.status_shards import StatusShards
from adapters.orders.store import DynamoOrderStore
from kit.micro_batcher import BatcherClosed, BatcherFull
from orders.model import FailureReason, Order, OrderStatus
from orders.ports import Claim, Lease

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient


class BatchedOrderStore:
    """Fulfils `orders.ports.OrderStore` for many orders at once.

    `statements` may be shared with others: what they write at the same time travels together.
    """

    def __init__(
        self,
        dynamodb: DynamoDBClient,
        *,
        orders_table: str,
        products_table: str,
        shards: StatusShards,
        statements: StatementBatcher | None = None,
    ) -> None:
        self._shards = shards
        self._single = DynamoOrderStore(
            dynamodb, orders_table=orders_table, products_table=products_table, shards=shards
        )
        self._statements = statements or StatementBatcher(dynamodb)
        self._completion = BatchedOrderCompletion(
            dynamodb, orders_table=orders_table, products_table=products_table, shards=shards
        )
        self._orders_table = orders_table
        self._claim_statement = (  # names come from the settings, values travel apart
            f'UPDATE "{orders_table}" SET "status"=? SET statusShard=? '  # noqa: S608
            "SET leaseOwner=? SET leaseExpiresAt=? "
            'WHERE orderId=? AND "status"=? RETURNING ALL NEW *'
        )

    async def get(self, order_id: str) -> Order | None:
        """Return the order as last written, or None."""
        return await self._single.get(order_id)

    async def claim(self, order_id: str, lease: Lease, now_ms: int) -> Claim | Order:
        """Take the order under `lease`, or return it when it is settled already."""
        claimed = await self._claim_pending(order_id, lease)
        return claimed or await self._single.claim(order_id, lease, now_ms)

    async def release(self, claim: Claim, now_ms: int) -> None:
        """End the claim's lease; nothing happens when it is no longer held."""
        await self._single.release(claim, now_ms)

    async def complete(self, claim: Claim, settled_at: str) -> Order:
        """Take the stock and settle as COMPLETED, both or neither."""
        return await self._completion.complete(claim, settled_at)

    async def decide_failure(self, claim: Claim, reason: FailureReason) -> None:
        """Make durable that the order will fail; from here on nobody can complete it."""
        await self._single.decide_failure(claim, reason)

    async def fail(self, claim: Claim, reason: FailureReason, settled_at: str) -> Order:
        """Settle as FAILED."""
        return await self._single.fail(claim, reason, settled_at)

    async def aclose(self) -> None:
        """Send what waits."""
        await self._statements.aclose()
        await self._completion.aclose()

    async def _claim_pending(self, order_id: str, lease: Lease) -> Claim | None:
        """Claim an order that nobody has claimed yet; None when that is not how it stands."""
        parameters = [
            {"S": OrderStatus.PROCESSING.value},
            {"S": self._shards.key(order_id, OrderStatus.PROCESSING)},
            {"S": lease.owner},
            {"N": str(lease.expires_at_ms)},
            {"S": order_id},
            {"S": OrderStatus.PENDING.value},
        ]
        try:
            item = (self._orders_table, order_id)
            answer = await self._statements.run(item, self._claim_statement, parameters)
        except (BatcherFull, BatcherClosed, *AWS_ERRORS) as error:
            raise unavailable("orders table", error) from error
        # A claim that was written although its item did not come back carries our lease: the
        # single claim knows it again.
        if answer.error_code or not answer.item:
            return None
        return Claim(order_from_item(answer.item), lease, failure_from_item(answer.item))
