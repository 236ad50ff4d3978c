"""Storing new orders: 25 PartiQL INSERTs a call, each with its own answer."""

from __future__ import annotations

import asyncio

from adapters.aws.errors import AWS_ERRORS, unavailable
from adapters.aws.fast.dynamodb import DynamoDB
from adapters.aws.statement_batcher import StatementBatcher
from adapters.orders.schema import INSERTED_ATTRIBUTES, StatusShards, inserted_values
from kit.micro_batcher import BatcherClosed, BatcherFull
from kit.retry import full_jitter
from orders.errors import Unavailable
from orders.model import Order

ATTEMPTS = 4
# A call that takes longer than this holds up no others.
LINGER_SECONDS = 0.02
# The id is taken once an insert of it has succeeded, or has found it taken.
TAKEN = {None, "DuplicateItem"}


class BatchedOrderInserter:
    """Inserts orders in batches; an id that is taken is reported, not overwritten."""

    def __init__(self, dynamodb: DynamoDB, table: str, shards: StatusShards) -> None:
        self._table = table
        attributes = ", ".join(f"'{name}': ?" for name in INSERTED_ATTRIBUTES)
        self._statement = f'INSERT INTO "{table}" VALUE {{{attributes}}}'
        self._shards = shards
        self._statements = StatementBatcher(dynamodb, linger_seconds=LINGER_SECONDS)

    async def insert(self, order: Order) -> bool:
        """Store a new order; False when its id is taken.

        An insert that DynamoDB put off is tried again with jitter. Of several with one id in one
        call the first is sent, and what becomes of it decides for all.

        Raises:
            Unavailable: the table did not take it; it may be stored all the same.
        """
        try:
            return await self._insert(order)
        except (BatcherFull, BatcherClosed, *AWS_ERRORS) as error:
            raise unavailable("orders table", error) from error

    async def aclose(self) -> None:
        """Store what waits."""
        await self._statements.aclose()

    async def _insert(self, order: Order) -> bool:
        item = (self._table, order.order_id)
        values = inserted_values(order, self._shards)
        problem = ""
        for attempt in range(ATTEMPTS):
            if attempt:
                await asyncio.sleep(full_jitter(attempt - 1, base_seconds=0.05, cap_seconds=1))
            answer = await self._statements.run(item, self._statement, values)
            if answer.error_code is None:
                return True
            sent = answer.earlier or answer
            if sent.error_code in TAKEN:
                return False
            problem = f"{sent.error_code}: {sent.error_message}"
        raise Unavailable(f"orders table: {problem}")
