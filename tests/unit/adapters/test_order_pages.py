from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Sequence
from typing import Any, cast

import msgspec
import pytest

from adapters.orders.pages import LONGEST_CURSOR, MAX_CALLS, OrderPages
from adapters.orders.schema import StatusShards
from orders.clock import timestamp
from orders.errors import InvalidOrder, Unavailable
from orders.model import ListedOrder, OrderStatus
from orders.status_index import MAX_SHARDS
from tests.support.fake_aws.wire import Fault, Wire
from tests.support.fake_shop import SHARDS, FakeShop
from tests.support.virtual_clock import virtual_time
from tests.unit.orders.fakes import pending_order


async def pages_of(count: int) -> tuple[OrderPages, list[str], Wire]:
    """Return pages over `count` pending orders, their ids newest first, and the wire."""
    shop = FakeShop({})
    process = shop.process()
    ids = [f"order-{n:03}" for n in range(count)]
    for n, order_id in enumerate(ids):
        order = msgspec.structs.replace(pending_order(order_id), created_at=timestamp(n // 2))
        await process.inserter.insert(order)
    pages = OrderPages(process.clients.dynamodb, "orders", SHARDS)
    return pages, sorted(ids, reverse=True), process.wire


async def walk(pages: OrderPages, limit: int) -> list[Sequence[ListedOrder]]:
    walked = []
    cursor: str | None = None
    for _ in range(100):
        page = await pages.page(OrderStatus.PENDING, limit, cursor)
        walked.append(page.orders)
        cursor = page.next_cursor
        if cursor is None:
            return walked
    raise AssertionError("the pages never end")


@pytest.mark.parametrize("count", [0, 1, 6, 7, 40])
@pytest.mark.parametrize("limit", [1, 2, 3, 100])
@virtual_time
async def test_walking_the_pages_meets_every_order_once_newest_first(
    count: int, limit: int
) -> None:
    pages, newest_first, _ = await pages_of(count)
    walked = await walk(pages, limit)
    assert [order.order_id for page in walked for order in page] == newest_first
    assert all(len(page) == limit for page in walked[:-1])


@virtual_time
async def test_an_order_is_listed_whatever_number_of_shards_it_was_written_with() -> None:
    shop = FakeShop({})
    dynamodb = shop.process().clients.dynamodb
    for count in range(1, MAX_SHARDS + 1):
        for n in range(10):
            item: dict[str, Any] = {
                "orderId": {"S": f"{count:02}-{n}"},
                "customerId": {"S": "7"},
                "lines": {"S": "[]"},
                "totalCents": {"N": "0"},
                "status": {"S": "PENDING"},
                "createdAt": {"S": timestamp(count * 10 + n)},
            }
            key = StatusShards(count).key(item["orderId"]["S"], OrderStatus.PENDING)
            item["statusShard"] = {"S": key}
            shop.orders.put(item)
    for read_with in (1, 10, MAX_SHARDS):
        walked = await walk(OrderPages(dynamodb, "orders", StatusShards(read_with)), 17)
        found = [order.order_id for page in walked for order in page]
        assert found == sorted(shop.orders.items, reverse=True)


@virtual_time
async def test_orders_of_one_moment_are_in_order_too_however_aws_keeps_them() -> None:
    shop = FakeShop({})
    process = shop.process()
    ids = [f"{n}{'xyz'[n % 3]}" for n in range(100, 160)]
    for order_id in ids:
        await process.inserter.insert(pending_order(order_id))
    pages = OrderPages(process.clients.dynamodb, "orders", SHARDS)
    walked = await walk(pages, 7)
    assert [order.order_id for page in walked for order in page] == sorted(ids, reverse=True)


@virtual_time
async def test_an_order_of_another_status_is_on_no_page() -> None:
    pages, _, _ = await pages_of(3)
    page = await pages.page(OrderStatus.COMPLETED, 10, None)
    assert page.orders == []
    assert page.next_cursor is None


@virtual_time
async def test_a_page_costs_one_query_a_shard_and_reads_little_that_it_does_not_show() -> None:
    pages, newest_first, _ = await pages_of(400)
    watched = Watched(pages)
    page = await pages.page(OrderStatus.PENDING, 50, None)
    assert [order.order_id for order in page.orders] == newest_first[:50]
    assert watched.queries <= MAX_SHARDS + 2
    assert watched.items <= 3 * 50


@virtual_time
async def test_queries_of_one_page_run_concurrently_but_not_all_of_them() -> None:
    pages, _, _ = await pages_of(1)
    watched = Watched(pages)
    await asyncio.gather(*(pages.page(OrderStatus.PENDING, 1, None) for _ in range(3)))
    assert watched.most_at_once == MAX_CALLS


class Watched:
    """Stands before the client of some pages, and counts what they ask for."""

    def __init__(self, pages: OrderPages) -> None:
        self._dynamodb = pages._dynamodb
        self._running = 0
        self.queries = self.items = self.most_at_once = 0
        pages._dynamodb = cast("Any", self)

    async def query(self, **request: Any) -> Any:
        self.queries += 1
        self._running += 1
        self.most_at_once = max(self.most_at_once, self._running)
        await asyncio.sleep(0.001)
        answer = await self._dynamodb.query(**request)
        self._running -= 1
        self.items += len(answer["Items"])
        return answer


@virtual_time
async def test_a_cursor_can_stand_in_a_url_as_it_is() -> None:
    pages, _, _ = await pages_of(2)
    cursor = (await pages.page(OrderStatus.PENDING, 1, None)).next_cursor
    assert cursor is not None
    assert cursor.replace("-", "").replace("_", "").isalnum()


@virtual_time
async def test_the_cursor_of_the_longest_order_id_is_short_enough() -> None:
    shop = FakeShop({})
    process = shop.process()
    for first in "ab":
        await process.inserter.insert(pending_order(first + "x" * 127))
    pages = OrderPages(process.clients.dynamodb, "orders", SHARDS)
    cursor = (await pages.page(OrderStatus.PENDING, 1, None)).next_cursor
    assert cursor is not None
    assert len(cursor) <= LONGEST_CURSOR
    assert len((await pages.page(OrderStatus.PENDING, 1, cursor)).orders) == 1


def encoded(document: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "é",
        "%%%",
        "////",
        base64.urlsafe_b64encode(b"\xff\xfe").decode(),
        base64.urlsafe_b64encode(b'["id",' + b" " * 300 + b'"1970"]').decode(),
        encoded({}),
        encoded(["id"]),
        encoded(["id", 1]),
        encoded(["", "1970-01-01T00:00:00.000000Z"]),
        encoded(["id", ""]),
        encoded(["id", "x" * 5000]),
        encoded(["x" * 5000, "1970-01-01T00:00:00.000000Z"]),
        encoded(["id", "1970-01-01T00:00:00.000000Z", "more"]),
    ],
)
@virtual_time
async def test_a_cursor_that_is_none_of_ours_is_refused_before_any_call(cursor: str) -> None:
    pages, _, wire = await pages_of(2)
    wire.calls.clear()
    with pytest.raises(InvalidOrder) as caught:
        await pages.page(OrderStatus.PENDING, 1, cursor)
    assert (caught.value.field, caught.value.value) == ("cursor", cursor)
    assert wire.calls == []


@virtual_time
async def test_a_table_that_does_not_answer_is_unavailable() -> None:
    pages, _, wire = await pages_of(1)
    wire.fail_next(Fault.BROKEN)
    with pytest.raises(Unavailable, match="orders table"):
        await pages.page(OrderStatus.PENDING, 1, None)
