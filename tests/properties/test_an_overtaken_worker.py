"""A worker stands still at any of its calls while another takes its order over, at any moment."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator

import pytest

from orders.errors import LeaseLost, OrderBusy, Unavailable
from orders.lifecycle import SETTLED
from orders.model import Order, OrderStatus
from orders.request import ItemRequest, OrderRequest
from tests.support.fake_aws.wire import Fault, Wire
from tests.support.fake_shop import LEASE_SECONDS, PAYMENT_SECONDS, Calls, FakeShop
from tests.support.virtual_clock import run

pytestmark = pytest.mark.exhaustive

ORDER = OrderRequest(customer_id="c", items=[ItemRequest("a", 2)], order_id="1")
MOST_CALLS = 6
STALLS = [Fault.STALLED_BEFORE, Fault.STALLED_AFTER]


def moments() -> Iterator[float]:
    """Yield when the other worker starts: every quarter of a second around the lease's end."""
    for quarter in range(round(4 * (3 * PAYMENT_SECONDS))):
        yield LEASE_SECONDS - PAYMENT_SECONDS + quarter / 4 + 0.01


async def race(calls: Calls, stock: int, plan: dict[int, Fault], start: float) -> FakeShop:
    """Let a stalling worker and a second one fulfil the same order; then ask a third."""
    shop = FakeShop({"a": stock}, transaction_seconds=0.005)
    await shop.process().placement.place(ORDER)

    async def fulfil(wire: Wire, delay: float) -> None:
        await asyncio.sleep(delay)
        try:
            order = await shop.process(wire, calls=calls).fulfilment.fulfil("1")
        except (OrderBusy, LeaseLost, Unavailable):
            return
        assert order.status in SETTLED, "told as settled"
        assert order == stored(shop), "told otherwise than it is stored"

    await asyncio.gather(fulfil(Wire(faults=plan), 0), fulfil(Wire(), start))
    shop.audit()
    await asyncio.sleep(2 * LEASE_SECONDS)
    await shop.process().fulfilment.fulfil("1")
    shop.audit()
    return shop


def stored(shop: FakeShop) -> Order:
    return shop.order("1")


@pytest.mark.parametrize("calls", Calls)
@pytest.mark.parametrize(("stock", "status"), [(5, OrderStatus.COMPLETED), (1, OrderStatus.FAILED)])
def test_changes_nothing_about_what_becomes_of_the_order(
    calls: Calls, stock: int, status: OrderStatus
) -> None:
    overtaken = 0
    for number, stall, start in itertools.product(range(MOST_CALLS), STALLS, moments()):
        shop = run(race(calls, stock, {number: stall}, start))
        assert stored(shop).status is status, (number, stall, start)
        claims = {change.after.get("leaseOwner", {}).get("S") for change in shop.orders.history}
        overtaken += len(claims - {None}) > 1
    assert overtaken > 20, "nobody was overtaken: the test proves nothing"
