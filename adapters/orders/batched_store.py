"""The orders table at fulfilment, many orders a call where the usual case allows it.

The usual case of a claim is an order that nobody has claimed. Whatever else a batch finds is left
to the single write, which tells all cases apart.
"""

from __future__ import annotations

from adapters.aws.errors import AWS_ERRORS, unavailable
from adapters.aws.fast.dynamodb import DynamoDB
from adapters.aws.statement_batcher import StatementBatcher
from adapters.orders.completion import MAX_WRITES
from adapters.orders.completion_group import Completion
from adapters.orders.schema import Tables, failure_from_item, order_from_item
from adapters.orders.store import TABLES, DynamoOrderStore
from kit.micro_batcher import BatcherClosed, BatcherFull, MicroBatcher
from orders.model import Order, OrderStatus
from orders.ports import Claim, Lease

MAX_ORDERS = 50


class BatchedOrderStore(DynamoOrderStore):
    """Claims and completes the orders of many callers together; all else one by one.

    `statements` may be shared with others: what they write meanwhile travels together.
    """

    def __init__(self, dynamodb: DynamoDB, tables: Tables, statements: StatementBatcher) -> None:
        super().__init__(dynamodb, tables)
        self._statements = statements
        # One transaction under way: two could conflict over a product, and what comes meanwhile
        # makes the next one fuller. The batcher's bytes are writes here.
        self._completions: MicroBatcher[Completion, Order] = MicroBatcher(
            self._transaction.complete,
            max_items=MAX_ORDERS,
            max_bytes=MAX_WRITES,
            size_of=lambda completion: completion.writes,
            max_in_flight=1,
            eager_when_quiet=True,
        )
        self._claim_statement = (  # names come from the settings, values travel apart
            f'UPDATE "{tables.orders}" SET "status"=? SET statusShard=? '  # noqa: S608
            "SET leaseOwner=? SET leaseExpiresAt=? "
            'WHERE orderId=? AND "status"=? RETURNING ALL NEW *'
        )

    async def claim(self, order_id: str, lease: Lease, now_ms: int) -> Claim | Order:
        """Take the order under `lease`, or return it when it is settled already."""
        claimed = await self._claim_pending(order_id, lease)
        return claimed or await super().claim(order_id, lease, now_ms)

    async def complete(self, claim: Claim, settled_at: str) -> Order:
        """Take the stock and settle as COMPLETED, both or neither."""
        try:
            return await self._completions.submit(Completion.of(claim, settled_at))
        except (BatcherFull, BatcherClosed, *AWS_ERRORS) as error:
            raise unavailable(TABLES, error) from error

    async def aclose(self) -> None:
        """Complete what waits."""
        await self._completions.aclose()

    async def _claim_pending(self, order_id: str, lease: Lease) -> Claim | None:
        """Claim an order that nobody has claimed yet; None when that is not how it stands."""
        parameters = [
            {"S": OrderStatus.PROCESSING.value},
            {"S": self._tables.shards.key(order_id, OrderStatus.PROCESSING)},
            {"S": lease.owner},
            {"N": str(lease.expires_at_ms)},
            {"S": order_id},
            {"S": OrderStatus.PENDING.value},
        ]
        try:
            item = (self._tables.orders, order_id)
            answer = await self._statements.run(item, self._claim_statement, parameters)
        except (BatcherFull, BatcherClosed, *AWS_ERRORS) as error:
            raise unavailable("orders table", error) from error
        # A claim that was written although its item did not come back carries our lease: the
        # single claim knows it again.
        if answer.error_code or not answer.item:
            return None
        return Claim(order_from_item(answer.item), lease, failure_from_item(answer.item))
