"""Completing many orders in one transaction: their stock is summed, a product written once.

Less than a tenth of the calls, and no conflict among the orders of one process over a product
that all of them want.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from adapters.aws.errors import AWS_ERRORS, unavailable
from adapters.orders.completion import (
    ATTEMPTS,
    TABLES,
    OrderCompletion,
    cancellation_reasons,
    nothing_decided,
)
from adapters.orders.completion_group import (
    Alone,
    CompletionGroup,
    Refusals,
    Settling,
    product_name,
)
from adapters.orders.status_shards import StatusShards
from kit.micro_batcher import BatcherClosed, BatcherFull, MicroBatcher
from kit.retry import full_jitter
from orders.model import Order
from orders.ports import Claim

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient

# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
MAX_WRITES = 100
MAX_ORDERS = 50


class BatchedOrderCompletion:
    """Settles claimed orders as COMPLETED, one transaction at a time."""

    def __init__(
        self,
        dynamodb: DynamoDBClient,
        *,
        orders_table: str,
        products_table: str,
        shards: StatusShards,
    ) -> None:
        self._dynamodb = dynamodb
        self._single = OrderCompletion(
            dynamodb, orders_table=orders_table, products_table=products_table, shards=shards
        )
        # One transaction under way: two could conflict over a product, and what comes meanwhile
        # makes the next one fuller. The batcher's bytes are writes here.
        self._batcher: MicroBatcher[Settling, Order] = MicroBatcher(
            self._send,
            max_items=MAX_ORDERS,
            max_bytes=MAX_WRITES,
            size_of=lambda settling: settling.writes,
            max_in_flight=1,
            eager_when_quiet=True,
        )

    async def complete(self, claim: Claim, settled_at: str) -> Order:
        """Take the stock and settle, both or neither.

        Raises:
            OutOfStock: nothing was written.
            LeaseLost: nothing was written.
            Unavailable: no answer, or too many conflicts; it may have been written.
        """
        settling = Settling(claim, settled_at, claim.order.units_by_product())
        try:
            return await self._batcher.submit(settling)
        except Alone:
            return await self._single.complete(claim, settled_at)
        except (BatcherFull, BatcherClosed, *AWS_ERRORS) as error:
            raise unavailable(TABLES, error) from error

    async def aclose(self) -> None:
        """Send what waits."""
        await self._batcher.aclose()

    async def _send(self, batch: Sequence[Settling]) -> list[Order | Exception]:
        """Complete the batch; what keeps one order from it does not keep the others.

        A transaction of another process on the same product is no reason to take the group apart,
        or each of its orders would contend by itself: the group tries again as one, with jitter.
        """
        group = CompletionGroup(batch)
        for attempt in range(ATTEMPTS):
            together = group.next()
            if not together:
                break
            refusals = await self._transact(together)
            if not refusals:
                group.completed()
            elif nothing_decided(list(refusals.values())):
                group.put_off()
                await asyncio.sleep(full_jitter(attempt, base_seconds=0.02, cap_seconds=1))
            else:
                group.refused(refusals)
        return group.results

    async def _transact(self, group: Sequence[Settling]) -> Refusals:
        """Write the group; return the reasons that kept it from happening, if any."""
        units: Counter[str] = Counter()
        for each in group:
            units.update(each.units)
        writes = [self._single.settle_write(each.claim, each.settled_at) for each in group]
        writes += self._single.stock_writes(units)
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
