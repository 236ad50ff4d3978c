"""Listings: whatever the shards hold, walking the pages is reading the sorted whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from adapters.orders.pages import OrderPages
from adapters.orders.schema import StatusShards
from orders.clock import timestamp
from orders.model import OrderStatus
from orders.status_index import MAX_SHARDS
from tests.support.fake_shop import FakeShop
from tests.support.virtual_clock import run

IDS = st.text("ab01", min_size=1, max_size=4)
COUNTS = st.integers(1, MAX_SHARDS)


@dataclass(frozen=True)
class Written:
    """An order as some process left it: so few moments and shards that many share both."""

    status: OrderStatus
    second: int
    shards: int


STORED = st.dictionaries(
    IDS,
    st.builds(
        Written,
        st.sampled_from([OrderStatus.PENDING, OrderStatus.FAILED]),
        st.integers(0, 3),
        st.sampled_from([1, 2, 10, MAX_SHARDS]),
    ),
    max_size=60,
)


class ShortAnswers:
    """A client whose answers end early, as DynamoDB's do at 1 MB."""

    def __init__(self, dynamodb: Any, most: int) -> None:
        self._dynamodb = dynamodb
        self._most = most

    async def query(self, **request: Any) -> Any:
        limit = min(request["Limit"], self._most)
        return await self._dynamodb.query(**{**request, "Limit": limit})


def item(order_id: str, written: Written) -> dict[str, Any]:
    return {
        "orderId": {"S": order_id},
        "customerId": {"S": "7"},
        "lines": {"S": "[]"},
        "totalCents": {"N": "0"},
        "status": {"S": written.status},
        "statusShard": {"S": StatusShards(written.shards).key(order_id, written.status)},
        "createdAt": {"S": timestamp(written.second)},
    }


async def walk(pages: OrderPages, status: OrderStatus, limits: Sequence[int]) -> list[str]:
    """Return the ids of all pages, with the page sizes in turn."""
    found: list[str] = []
    cursor: str | None = None
    for number in range(1000):
        limit = limits[number % len(limits)]
        page = await pages.page(status, limit, cursor)
        assert len(page.orders) == limit or page.next_cursor is None
        assert all(order.status is status for order in page.orders)
        found += [order.order_id for order in page.orders]
        if page.next_cursor is None:
            return found
        cursor = page.next_cursor
    raise AssertionError("the pages never end")


@given(
    stored=STORED,
    status=st.sampled_from([OrderStatus.PENDING, OrderStatus.FAILED]),
    limits=st.lists(st.integers(1, 9), min_size=1, max_size=4),
    shards=COUNTS,
    most=st.integers(1, 12),
)
def test_no_order_is_skipped_or_repeated_and_the_newest_come_first(
    stored: dict[str, Written],
    status: OrderStatus,
    limits: list[int],
    shards: int,
    most: int,
) -> None:
    shop = FakeShop({})
    for order_id, written in stored.items():
        shop.orders.put(item(order_id, written))
    dynamodb = cast("Any", ShortAnswers(shop.process().clients.dynamodb, most))

    async def whole() -> list[str]:
        return await walk(OrderPages(dynamodb, "orders", StatusShards(shards)), status, limits)

    expected = [(each.second, key) for key, each in stored.items() if each.status is status]
    assert run(whole()) == [key for _, key in sorted(expected, reverse=True)]
