"""A request cut short at any call, then a change of price or catalogue, then its repeat."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable

import msgspec
import pytest

from ops.open_orders import OpenOrder
from ops.resubmit import request_of
from orders.lifecycle import SETTLED
from orders.model import OrderStatus
from orders.request import OrderRequest, parse_order_request
from tests.properties.fleet import Member
from tests.support.fake_aws.wire import Fault, ProcessCrash, Wire, be_quiet_about_crashes
from tests.support.fake_shop import LEASE_SECONDS, PRICE_CENTS, VISIBILITY_SECONDS, FakeShop
from tests.support.virtual_clock import run

# The calls of a sync order: insert, claim, charge, complete; an async one makes fewer.
CALLS = 4
ITEM = {"product_id": "a", "quantity": 1}
BODIES = {
    "plain": {"order_id": "1", "customer_id": 7, "items": [ITEM]},
    "priced": {"order_id": "1", "customer_id": 7, "items": [{**ITEM, "price": PRICE_CENTS / 100}]},
}


def reprice(shop: FakeShop) -> None:
    """Double the price."""
    shop.reprice("a", 2 * PRICE_CENTS)


def delist(shop: FakeShop) -> None:
    """Take the product out."""
    shop.delist("a")


def customers_repeat(_shop: FakeShop, request: OrderRequest) -> OrderRequest:
    """Send the same again."""
    return request


def operators_repeat(shop: FakeShop, request: OrderRequest) -> OrderRequest:
    """Send what reconciling sends of an order that it finds in the table."""
    item = shop.orders.items.get("1")
    if item is None:
        return request
    order = OpenOrder("1", "PENDING", item["customerId"]["S"], item["lines"]["S"], 0.0)
    return parse_order_request(json.dumps(request_of(order)).encode())


async def cut_short(shop: FakeShop, request: OrderRequest, faults: dict[int, Fault]) -> None:
    """Order on `/orders/sync`, at a process that dies at one of its calls."""
    dying = Member(shop, shop.process(Wire(faults=faults)))
    try:
        await dying.wire.run(dying.settle(request))
    except ProcessCrash:
        shop.audit()


async def story(
    body: str,
    fault: tuple[int, Fault],
    change: Callable[[FakeShop], None],
    repeat: Callable[[FakeShop, OrderRequest], OrderRequest],
    route: str,
) -> tuple[FakeShop, bool, bool]:
    """Return the shop, whether the order was stored before the repeat, and if that was taken."""
    be_quiet_about_crashes()
    shop = FakeShop({"a": 5})
    request = parse_order_request(msgspec.json.encode(BODIES[body]))
    await cut_short(shop, request, dict([fault]))
    stored = "1" in shop.orders.items
    await asyncio.sleep(LEASE_SECONDS + 1)
    change(shop)
    member = Member(shop, shop.process())
    again = repeat(shop, request)
    taken = await (member.settle(again) if route == "sync" else member.accept(again))
    for _ in range(2):
        await asyncio.sleep(VISIBILITY_SECONDS)
        await Member(shop, shop.process()).poll()
    return shop, stored, taken


@pytest.mark.parametrize("route", ["sync", "async"])
@pytest.mark.parametrize("repeat", [customers_repeat, operators_repeat])
@pytest.mark.parametrize("change", [reprice, delist])
@pytest.mark.parametrize("body", BODIES)
def test_settles_every_order_that_was_stored(
    body: str,
    change: Callable[[FakeShop], None],
    repeat: Callable[[FakeShop, OrderRequest], OrderRequest],
    route: str,
) -> None:
    plans = itertools.product(range(CALLS), [Fault.CRASH_BEFORE, Fault.CRASH_AFTER])
    stories = [run(story(body, plan, change, repeat, route)) for plan in plans]
    for shop, stored, taken in stories:
        shop.audit()
        if stored:
            assert taken
            assert shop.order("1").status in SETTLED
            assert shop.order("1").total_cents == PRICE_CENTS
    assert sum(stored for _, stored, _ in stories) == len(stories) - 1


def test_gives_the_money_back_for_a_product_that_left_after_it_was_charged() -> None:
    charge = 2
    shop, _, taken = run(
        story("priced", (charge, Fault.CRASH_AFTER), delist, operators_repeat, "sync")
    )
    assert taken
    assert shop.order("1").status is OrderStatus.FAILED
    assert shop.payments.text("1", "status") == "REFUNDED"
