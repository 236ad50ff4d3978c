from __future__ import annotations

import asyncio

import pytest

from adapters.orders.catalogue_cache import CatalogueCache, open_catalogue
from orders.errors import Unavailable
from tests.support.fake_aws.wire import Fault
from tests.support.fake_shop import PRICE_CENTS, FakeShop
from tests.support.logs import capture_logs
from tests.support.virtual_clock import virtual_time

STOCK = {"a": 1, "b": 2, "c": 3, "d": 4}


@virtual_time
async def test_a_catalogue_of_several_pages_is_read_whole() -> None:
    clients = FakeShop(STOCK).aws.connect()
    async with open_catalogue(clients.dynamodb, "products", refresh_seconds=5) as cache:
        assert {p.product_id: p.stock for p in cache.current.all()} == STOCK
        assert {p.price_cents for p in cache.current.all()} == {PRICE_CENTS}
    assert clients.wire.calls == ["Scan", "Scan"]


@virtual_time
async def test_the_catalogue_follows_the_table_within_a_refresh() -> None:
    shop = FakeShop(STOCK)
    dynamodb = shop.aws.connect().dynamodb
    async with open_catalogue(dynamodb, "products", refresh_seconds=5) as cache:
        shop.products.put({**shop.products.items["a"], "priceCents": {"N": "1"}})
        await asyncio.sleep(4.9)
        assert cache.current.all()[0].price_cents == PRICE_CENTS
        await asyncio.sleep(0.2)
        assert cache.current.all()[0].price_cents == 1


@virtual_time
async def test_a_deployed_price_goes_before_the_products_own_and_leaves_its_stock() -> None:
    shop = FakeShop(STOCK)
    shop.products.put(
        {"productId": {"S": "catalogue#b"}, "name": {"S": "Bell"}, "priceCents": {"N": "7"}}
    )
    shop.products.put({"productId": {"S": "new"}, "stock": {"N": "9"}})
    shop.products.put(
        {"productId": {"S": "catalogue#new"}, "name": {"S": "New"}, "priceCents": {"N": "8"}}
    )
    shop.products.put(
        {"productId": {"S": "catalogue#gone"}, "name": {"S": "Gone"}, "priceCents": {"N": "9"}}
    )
    dynamodb = shop.aws.connect().dynamodb
    async with open_catalogue(dynamodb, "products", refresh_seconds=5) as cache:
        found = {p.product_id: (p.name, p.price_cents, p.stock) for p in cache.current.all()}
    assert set(found) == {*STOCK, "new"}
    assert found["b"] == ("Bell", 7, STOCK["b"])
    assert found["new"] == ("New", 8, 9)
    assert found["a"][1:] == (PRICE_CENTS, STOCK["a"])


@pytest.mark.parametrize("fault", [Fault.THROTTLED, Fault.BROKEN, Fault.LOST_ANSWER])
@virtual_time
async def test_a_failed_refresh_keeps_the_last_catalogue_and_is_tried_again(fault: Fault) -> None:
    shop = FakeShop(STOCK)
    clients = shop.aws.connect()
    async with open_catalogue(clients.dynamodb, "products", refresh_seconds=5) as cache:
        clients.wire.fail_next(fault)
        shop.products.put({**shop.products.items["a"], "stock": {"N": "0"}})
        with capture_logs() as logs:
            await asyncio.sleep(6)
        assert [log["event"] for log in logs] == ["catalogue_refresh_failed"]
        assert cache.current.all()[0].stock == 1
        await asyncio.sleep(5)
        assert cache.current.all()[0].stock == 0


@virtual_time
async def test_an_item_that_is_no_product_does_not_end_the_refreshing() -> None:
    shop = FakeShop(STOCK)
    clients = shop.aws.connect()
    async with open_catalogue(clients.dynamodb, "products", refresh_seconds=5) as cache:
        await asyncio.sleep(1)
        for broken in ({"productId": {"S": "x"}}, {**shop.products.items["a"], "stock": {"S": ""}}):
            shop.products.put(broken)
            with capture_logs() as logs:
                await asyncio.sleep(5)
            assert [log["event"] for log in logs] == ["catalogue_refresh_failed"]
        assert len(cache.current) == 4
        shop.products.items.pop("x")
        shop.products.put({**shop.products.items["b"], "productId": {"S": "a"}})
        await asyncio.sleep(5)
        assert cache.current.all()[0].stock == 2


@virtual_time
async def test_a_catalogue_that_was_never_read_is_unavailable() -> None:
    clients = FakeShop(STOCK).aws.connect()
    with pytest.raises(Unavailable):
        _ = CatalogueCache(clients.dynamodb, "products").current


@virtual_time
async def test_opening_fails_when_the_first_read_does() -> None:
    clients = FakeShop(STOCK).aws.connect()
    clients.wire.fail_next(Fault.BROKEN)
    with pytest.raises(Unavailable, match="products table"):
        async with open_catalogue(clients.dynamodb, "products", refresh_seconds=5):
            pytest.fail("it opened")


@virtual_time
async def test_nothing_is_read_after_the_context_has_closed() -> None:
    clients = FakeShop(STOCK).aws.connect()
    async with open_catalogue(clients.dynamodb, "products", refresh_seconds=5):
        pass
    calls = len(clients.wire.calls)
    await asyncio.sleep(60)
    assert len(clients.wire.calls) == calls
    assert len(asyncio.all_tasks()) == 1
