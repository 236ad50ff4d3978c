from __future__ import annotations

import base64
import json

import msgspec
import pytest

from adapters.orders.pages import OrderPages
from orders.clock import timestamp
from orders.errors import InvalidOrder, Unavailable
from orders.model import Order, OrderStatus
from tests.support.fake_aws.wire import Fault, Wire
from tests.support.fake_shop import FakeShop
from tests.support.virtual_clock import virtual_time
from tests.unit.orders.fakes import pending_order


async def pages_of(count: int) -> tuple[OrderPages, list[str], Wire]:
    """Return pages over `count` pending orders, their ids newest first, and the wire."""
    shop = FakeShop({})
    process = shop.process()
    ids = [f"order-{n:02}" for n in range(count)]
    for n, order_id in enumerate(ids):
        order = msgspec.structs.replace(pending_order(order_id), created_at=timestamp(n // 2))
        await process.inserter.insert(order)
    pages = OrderPages(process.clients.dynamodb, "orders")
    return pages, sorted(ids, reverse=True), process.wire


async def walk(pages: OrderPages, limit: int) -> list[list[Order]]:
    walked = []
    cursor: str | None = None
    for _ in range(100):
        page = await pages.page(OrderStatus.PENDING, limit, cursor)
        walked.append(page.orders)
        cursor = page.next_cursor
        if cursor is None:
            return walked
    raise AssertionError("the pages never end")


@pytest.mark.parametrize("count", [0, 1, 6, 7])
@pytest.mark.parametrize("limit", [1, 2, 3, 100])
@virtual_time
async def test_walking_the_pages_meets_every_order_once_newest_first(
    count: int, limit: int
) -> None:
    pages, newest_first, _ = await pages_of(count)
    walked = await walk(pages, limit)
    assert [order.order_id for page in walked for order in page] == newest_first
    assert all(len(page) <= limit for page in walked)


@virtual_time
async def test_an_order_of_another_status_is_on_no_page() -> None:
    pages, _, _ = await pages_of(3)
    page = await pages.page(OrderStatus.COMPLETED, 10, None)
    assert page.orders == []
    assert page.next_cursor is None


@virtual_time
async def test_a_cursor_can_stand_in_a_url_as_it_is() -> None:
    pages, _, _ = await pages_of(2)
    cursor = (await pages.page(OrderStatus.PENDING, 1, None)).next_cursor
    assert cursor is not None
    assert cursor.replace("-", "").replace("_", "").isalnum()


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
