"""The adapters themselves, whole lives of orders long, on both clouds."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from adapters.aws.reads import scanned
from adapters.aws.statement_batcher import StatementBatcher
from adapters.orders.batched_store import BatchedOrderStore
from adapters.orders.catalogue_cache import open_catalogue
from adapters.orders.inserter import BatchedOrderInserter
from adapters.orders.pages import OrderPages
from adapters.orders.publisher import BatchedOrderPublisher
from adapters.orders.schema import Tables
from adapters.orders.store import DynamoOrderStore
from adapters.payments.ledger import BatchedLedger, DynamoLedger, Ledger
from adapters.payments.simulated_provider import SimulatedPaymentProvider
from orders.errors import ContentConflict, LeaseLost, OrderBusy, OrderNotFound
from orders.fulfilment import Fulfilment
from orders.message import decode_order_placed
from orders.model import FailureReason, Order, OrderStatus
from orders.placement import OrderPlacement
from orders.ports import Claim, Lease, OrderStore, PaymentGateway
from orders.request import ItemRequest, OrderRequest
from tests.integration.adapters.clouds import Cloud
from tests.support.fake_shop import SHARDS, Calls

AT = "2026-01-01T00:00:00.000000Z"


@dataclass
class Shop:
    """Tables with stock, and the adapters over them."""

    cloud: Cloud
    calls: Calls
    stock: Mapping[str, int]

    def __post_init__(self) -> None:
        self.orders_table = self.cloud.create_table("orderId")
        self.payments_table = self.cloud.create_table("idempotencyKey")
        self.products_table = self.cloud.create_table("productId")
        dynamodb = self.cloud.fast_dynamodb
        tables = Tables(self.orders_table, self.products_table, SHARDS)
        plain = DynamoLedger(dynamodb, self.payments_table)
        self.store: OrderStore = DynamoOrderStore(dynamodb, tables)
        ledger: Ledger = plain
        if self.calls is Calls.BATCHED:
            statements = StatementBatcher(dynamodb)
            self.store = BatchedOrderStore(dynamodb, tables, statements)
            ledger = BatchedLedger(plain, statements)
        self.payments: PaymentGateway = SimulatedPaymentProvider(ledger, payment_seconds=0)
        self.fulfilment = Fulfilment(store=self.store, payments=self.payments, lease_seconds=60)

    async def open(self) -> None:
        for product_id, units in self.stock.items():
            await self.cloud.dynamodb.put_item(
                TableName=self.products_table,
                Item={
                    "productId": {"S": product_id},
                    "name": {"S": product_id},
                    "priceCents": {"N": "500"},
                    "stock": {"N": str(units)},
                },
            )

    async def place(self, *requests: OrderRequest) -> list[Order]:
        inserter = BatchedOrderInserter(self.cloud.fast_dynamodb, self.orders_table, SHARDS)
        async with open_catalogue(
            self.cloud.fast_dynamodb, self.products_table, refresh_seconds=600
        ) as catalogue:
            placement = OrderPlacement(catalogue=catalogue, inserter=inserter, reader=self.store)
            placed = await asyncio.gather(*map(placement.place, requests))
        await inserter.aclose()
        return [each.order for each in placed]

    async def stock_left(self) -> dict[str, int]:
        found = scanned(self.cloud.fast_dynamodb, TableName=self.products_table)
        items = [item async for item in found]
        return {item["productId"]["S"]: int(item["stock"]["N"]) for item in items}

    async def ledger(self) -> dict[str, str]:
        found = scanned(self.cloud.fast_dynamodb, TableName=self.payments_table)
        items = [item async for item in found]
        return {item["orderId"]["S"]: item["status"]["S"] for item in items}


def wanted(order_id: str, units: int = 1, product: str = "a") -> OrderRequest:
    return OrderRequest(customer_id=1, items=[ItemRequest(product, units)], order_id=order_id)


@pytest.fixture(params=Calls)
async def shop(request: pytest.FixtureRequest, cloud: Cloud) -> Shop:
    """A shop with ten units of `a` and none of `b`."""
    opened = Shop(cloud, Calls(request.param), {"a": 10, "b": 0})
    await opened.open()
    return opened


async def test_an_order_is_found_and_fulfilled_and_stays_so(shop: Shop) -> None:
    (placed,) = await shop.place(wanted("1", 2))
    assert await shop.store.get("1") == placed
    order = await shop.fulfilment.fulfil("1")
    assert order.status is OrderStatus.COMPLETED
    assert await shop.store.get("1") == order
    assert await shop.fulfilment.fulfil("1") == order
    assert await shop.stock_left() == {"a": 8, "b": 0}
    assert await shop.ledger() == {"1": "CHARGED"}


async def test_an_order_without_stock_fails_and_is_refunded(shop: Shop) -> None:
    await shop.place(wanted("1", product="b"))
    order = await shop.fulfilment.fulfil("1")
    assert (order.status, order.failure_reason) == (
        OrderStatus.FAILED,
        FailureReason.OUT_OF_STOCK,
    )
    assert await shop.store.get("1") == order
    assert await shop.ledger() == {"1": "REFUNDED"}


async def test_more_buyers_than_units_leave_exactly_none(shop: Shop) -> None:
    await shop.place(*(wanted(str(n)) for n in range(16)))
    orders = await asyncio.gather(*(shop.fulfilment.fulfil(str(n)) for n in range(16)))
    statuses = [order.status for order in orders]
    assert statuses.count(OrderStatus.COMPLETED) == 10
    assert statuses.count(OrderStatus.FAILED) == 6
    assert (await shop.stock_left())["a"] == 0
    assert sorted((await shop.ledger()).values()) == ["CHARGED"] * 10 + ["REFUNDED"] * 6


async def test_the_same_order_placed_at_once_is_one(shop: Shop) -> None:
    orders = await shop.place(*[wanted("1")] * 3)
    assert orders == [orders[0]] * 3
    with pytest.raises(ContentConflict):
        await shop.place(wanted("1", 2))


async def test_the_same_order_fulfilled_at_once_is_paid_and_taken_once(shop: Shop) -> None:
    await shop.place(wanted("1", 3))
    results = await asyncio.gather(
        *(shop.fulfilment.fulfil("1") for _ in range(4)), return_exceptions=True
    )
    settled = [result for result in results if isinstance(result, Order)]
    assert settled
    assert all(isinstance(result, Order | OrderBusy) for result in results)
    assert (await shop.stock_left())["a"] == 7
    assert await shop.ledger() == {"1": "CHARGED"}


async def test_a_lease_is_kept_lost_and_taken_over(shop: Shop) -> None:
    await shop.place(wanted("1"))
    mine = await shop.store.claim("1", Lease("me", 2_000), 1_000)
    assert isinstance(mine, Claim)
    with pytest.raises(OrderBusy):
        await shop.store.claim("1", Lease("them", 9_000), 2_000)
    theirs = await shop.store.claim("1", Lease("them", 9_000), 2_001)
    assert isinstance(theirs, Claim)
    with pytest.raises(LeaseLost):
        await shop.store.complete(mine, AT)
    with pytest.raises(LeaseLost):
        await shop.store.decide_failure(mine, FailureReason.OUT_OF_STOCK)
    with pytest.raises(LeaseLost):
        await shop.store.fail(mine, FailureReason.OUT_OF_STOCK, AT)
    assert (await shop.store.complete(theirs, AT)).settled_at == AT
    assert (await shop.stock_left())["a"] == 9


async def test_a_released_order_is_claimed_at_once(shop: Shop) -> None:
    await shop.place(wanted("1"))
    mine = await shop.store.claim("1", Lease("me", 60_000), 1_000)
    assert isinstance(mine, Claim)
    await shop.store.release(mine, 2_000)
    theirs = await shop.store.claim("1", Lease("them", 90_000), 2_001)
    assert isinstance(theirs, Claim)
    await shop.store.release(mine, 3_000)
    with pytest.raises(OrderBusy):
        await shop.store.claim("1", Lease("others", 90_000), 3_001)
    assert (await shop.store.complete(theirs, AT)).settled_at == AT


async def test_a_decided_failure_is_told_to_whoever_claims_next(shop: Shop) -> None:
    await shop.place(wanted("1"))
    mine = await shop.store.claim("1", Lease("me", 2_000), 1_000)
    assert isinstance(mine, Claim)
    await shop.store.decide_failure(mine, FailureReason.OUT_OF_STOCK)
    theirs = await shop.store.claim("1", Lease("them", 9_000), 2_001)
    assert isinstance(theirs, Claim)
    assert theirs.failing is FailureReason.OUT_OF_STOCK
    with pytest.raises(LeaseLost):
        await shop.store.complete(theirs, AT)


async def test_an_order_that_nobody_placed_is_not_found(shop: Shop) -> None:
    assert await shop.store.get("1") is None
    with pytest.raises(OrderNotFound):
        await shop.fulfilment.fulfil("1")


async def test_orders_are_listed_by_status_in_pages(shop: Shop) -> None:
    await shop.place(*(wanted(str(n)) for n in range(5)))
    await shop.fulfilment.fulfil("3")
    pages = OrderPages(shop.cloud.fast_dynamodb, shop.orders_table, SHARDS)
    first = await pages.page(OrderStatus.PENDING, 3, None)
    second = await pages.page(OrderStatus.PENDING, 3, first.next_cursor)
    listed = [order.order_id for order in [*first.orders, *second.orders]]
    assert listed == ["4", "2", "1", "0"]
    completed = await pages.page(OrderStatus.COMPLETED, 3, None)
    assert [order.order_id for order in completed.orders] == ["3"]


async def test_an_announcement_reaches_the_queue(cloud: Cloud) -> None:
    url, _ = cloud.create_queue()
    publisher = BatchedOrderPublisher(cloud.fast_sns, cloud.create_topic(url))
    ids = [f"order-{n}" for n in range(7)]
    await asyncio.gather(*map(publisher.publish, ids))
    await publisher.aclose()
    answer = await cloud.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    announced = [decode_order_placed(message["Body"]).order_id for message in answer["Messages"]]
    assert sorted(announced) == ids
