"""One order and faults at any one or two of its calls: it ends as it would have without."""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import Mapping

import pytest

from orders.errors import OrderError
from orders.model import Order, OrderStatus
from orders.request import ItemRequest, OrderRequest
from tests.support.fake_aws.wire import Fault, ProcessCrash, Wire, be_quiet_about_crashes
from tests.support.fake_shop import LEASE_SECONDS, Calls, FakeShop
from tests.support.virtual_clock import run

pytestmark = pytest.mark.exhaustive

ORDER = OrderRequest(
    customer_id="c", items=[ItemRequest("a", 2), ItemRequest("b", 1)], order_id="1"
)
REDELIVERIES = 4
# Every seventh pair by default; all of them on a long look.
STEP = 1 if os.environ.get("HYPOTHESIS_PROFILE") == "thorough" else 7


async def _shop_with_an_order(stock: Mapping[str, int]) -> FakeShop:
    be_quiet_about_crashes()
    shop = FakeShop(stock)
    await shop.process().placement.place(ORDER)
    return shop


async def _redeliver_until_settled(shop: FakeShop, calls: Calls, first_wire: Wire) -> Order:
    """Fulfil the order on `first_wire`; whenever that fails, again on a new one after the lease."""
    wire = first_wire
    for _ in range(REDELIVERIES):
        try:
            await wire.run(shop.process(wire, calls=calls).fulfilment.fulfil("1"))
        except (ProcessCrash, OrderError):
            shop.audit()
        # Also after a success: the delete may be lost, and the message comes back.
        await asyncio.sleep(LEASE_SECONDS + 1)
        remaining = {n - len(wire.calls): fault for n, fault in wire.faults.items()}
        wire = Wire(faults={n: fault for n, fault in remaining.items() if n >= 0})
    shop.audit()
    return shop.order("1")


async def _settle(
    stock: Mapping[str, int], calls: Calls, faults: Mapping[int, Fault]
) -> tuple[FakeShop, int]:
    shop = await _shop_with_an_order(stock)
    wire = Wire(faults=faults)
    await _redeliver_until_settled(shop, calls, wire)
    return shop, len(wire.calls)


def _end_state(shop: FakeShop) -> tuple[object, ...]:
    order = shop.order("1")
    return order.status, order.failure_reason, shop.payments.text("1", "status"), shop.stock_left()


@pytest.mark.parametrize(
    ("stock", "status", "paid"),
    [
        pytest.param({"a": 2, "b": 9}, OrderStatus.COMPLETED, "CHARGED", id="enough in stock"),
        pytest.param({"a": 1, "b": 9}, OrderStatus.FAILED, "REFUNDED", id="out of stock"),
    ],
)
@pytest.mark.parametrize("calls", Calls)
def test_any_two_faults_end_as_none(
    calls: Calls, stock: dict[str, int], status: OrderStatus, paid: str
) -> None:
    undisturbed, count = run(_settle(stock, calls, {}))
    wanted = _end_state(undisturbed)
    assert wanted[0] is status
    assert wanted[2] == paid
    pairs = itertools.combinations(itertools.product(range(count + 3), Fault), 2)
    for (one_call, one_fault), (other_call, other_fault) in itertools.islice(pairs, 0, None, STEP):
        plan = {one_call: one_fault, other_call: other_fault}
        shop, _ = run(_settle(stock, calls, plan))
        assert _end_state(shop) == wanted, plan


@pytest.mark.parametrize("calls", Calls)
@pytest.mark.parametrize("stock", [{"a": 2, "b": 9}, {"a": 1, "b": 9}])
def test_any_one_fault_ends_as_none(calls: Calls, stock: dict[str, int]) -> None:
    undisturbed, count = run(_settle(stock, calls, {}))
    for plan in itertools.product(range(count + 1), Fault):
        shop, _ = run(_settle(stock, calls, dict([plan])))
        assert _end_state(shop) == _end_state(undisturbed), plan
