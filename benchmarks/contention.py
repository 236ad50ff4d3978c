"""Orders that are all completed at once: how fast, with how many calls and conflicts."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import msgspec

from adapters.aws.fast.dynamodb import CancellationReason, DynamoDB
from adapters.aws.statement_batcher import StatementBatcher
from adapters.orders import schema
from adapters.orders.batched_store import BatchedOrderStore
from adapters.orders.inserter import BatchedOrderInserter
from adapters.orders.schema import StatusShards
from adapters.orders.store import DynamoOrderStore
from orders.clock import timestamp
from orders.errors import Unavailable
from orders.model import Order, OrderLine, OrderStatus
from orders.ports import Claim, Lease

PRICE_CENTS = 1999
LEASE_MS = 3_600_000
SHARDS = StatusShards(10)
CONFLICT = "TransactionConflict"
SINGLE, GROUPED = "single", "grouped"
Now = Callable[[], float]


class Result(msgspec.Struct):
    """What completing some orders took; orders that were given up count as not completed."""

    completions_per_second: float
    transactions_per_order: float
    conflicts_per_order: float
    given_up: int


@dataclass(frozen=True)
class Tables:
    """The tables of one run, and the client that reaches them."""

    dynamodb: DynamoDB
    orders: str
    products: str

    @property
    def named(self) -> schema.Tables:
        """What the adapters are told of them."""
        return schema.Tables(self.orders, self.products, SHARDS)


class Watched:
    """A DynamoDB client that counts transactions, and those that another one kept from passing."""

    def __init__(self, dynamodb: DynamoDB) -> None:
        self._dynamodb = dynamodb
        self.transactions = 0
        self.conflicts = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._dynamodb, name)

    async def transact_write_items(self, writes: Any) -> list[CancellationReason]:
        """Pass the transaction on, and look at what comes of it."""
        self.transactions += 1
        reasons = await self._dynamodb.transact_write_items(writes)
        self.conflicts += any(reason.code == CONFLICT for reason in reasons)
        return reasons


async def claimed_orders(tables: Tables, product_ids: Sequence[str], count: int) -> list[Claim]:
    """Store and claim so many orders of one unit, the products in turn."""
    inserter = BatchedOrderInserter(tables.dynamodb, tables.orders, SHARDS)
    statements = StatementBatcher(tables.dynamodb)
    store = BatchedOrderStore(tables.dynamodb, tables.named, statements)

    async def prepare(product_id: str) -> Claim:
        order = _order(product_id)
        await inserter.insert(order)
        claim = await store.claim(order.order_id, Lease(uuid.uuid4().hex, LEASE_MS), 0)
        return cast("Claim", claim)

    products = (product_ids[number % len(product_ids)] for number in range(count))
    claims = await asyncio.gather(*map(prepare, products))
    await inserter.aclose()
    await statements.aclose()
    await store.aclose()
    return claims


async def complete_all(
    processes: Sequence[Tables], claims: Sequence[Claim], *, way: str, at_once: int, now: Now
) -> Result:
    """Complete the orders in these processes, in each so many at once, and tell what it took."""
    watched = [Watched(each.dynamodb) for each in processes]
    given_up = 0

    async def work(
        complete: Callable[[Claim, str], Awaitable[Order]], left: Iterator[Claim]
    ) -> None:
        nonlocal given_up
        for claim in left:
            try:
                await complete(claim, timestamp(0))
            except Unavailable:
                given_up += 1

    async def run(process: int) -> None:
        tables = processes[process]
        client = cast("Any", watched[process])
        store = DynamoOrderStore(client, tables.named)
        if way == GROUPED:
            store = BatchedOrderStore(client, tables.named, StatementBatcher(client))
        left = iter(claims[process :: len(processes)])
        await asyncio.gather(*(work(store.complete, left) for _ in range(at_once)))

    began = now()
    await asyncio.gather(*map(run, range(len(processes))))
    seconds = now() - began
    return Result(
        completions_per_second=round((len(claims) - given_up) / seconds, 1),
        transactions_per_order=round(sum(each.transactions for each in watched) / len(claims), 3),
        conflicts_per_order=round(sum(each.conflicts for each in watched) / len(claims), 3),
        given_up=given_up,
    )


def _order(product_id: str) -> Order:
    return Order(
        order_id=uuid.uuid4().hex,
        customer_id="1",
        items=(OrderLine(product_id, 1, PRICE_CENTS),),
        total_cents=PRICE_CENTS,
        status=OrderStatus.PENDING,
        created_at=timestamp(0),
        content_hash="hash",
    )
