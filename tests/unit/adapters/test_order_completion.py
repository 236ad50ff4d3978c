"""Completion and stock in one transaction, on products that everybody wants."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from adapters.orders.completion import ATTEMPTS
from orders.errors import LeaseLost, OutOfStock, Unavailable
from orders.model import Order, OrderLine, OrderStatus
from orders.ports import Claim, Lease
from tests.support.fake_aws.wire import Fault, Wire
from tests.support.fake_shop import Calls, FakeShop, Process
from tests.support.virtual_clock import now, virtual_time
from tests.unit.orders.fakes import pending_order

AT = "1970-01-01T00:01:00.000000Z"
TRANSACT = "TransactWriteItems"


async def claimed(process: Process, order: Order) -> Claim:
    await process.inserter.insert(order)
    claim = await process.store.claim(order.order_id, Lease(order.order_id, 60_000), 0)
    assert isinstance(claim, Claim)
    return claim


@virtual_time
async def test_a_completed_order_and_its_stock_are_one_write(calls: Calls) -> None:
    shop = FakeShop({"a": 5})
    process = shop.process(calls=calls)
    order = await process.store.complete(await claimed(process, pending_order()), AT)
    assert process.wire.calls.count(TRANSACT) == 1
    assert order == shop.order("1")
    assert shop.stock_left() == {"a": 3}


@virtual_time
async def test_two_lines_of_one_product_are_taken_together(calls: Calls) -> None:
    shop = FakeShop({"a": 3, "b": 1})
    lines = (OrderLine("a", 1, 500), OrderLine("b", 1, 500), OrderLine("a", 2, 500))
    order = msgspec.structs.replace(pending_order(), items=lines)
    process = shop.process(calls=calls)
    await process.store.complete(await claimed(process, order), AT)
    assert shop.stock_left() == {"a": 0, "b": 0}


@virtual_time
async def test_the_last_unit_can_be_sold_and_one_more_cannot(calls: Calls) -> None:
    shop = FakeShop({"a": 2})
    process = shop.process(calls=calls)
    await process.store.complete(await claimed(process, pending_order("1")), AT)
    with pytest.raises(OutOfStock):
        await process.store.complete(await claimed(process, pending_order("2", units=1)), AT)
    assert shop.stock_left() == {"a": 0}
    assert shop.order("2").status is OrderStatus.PROCESSING


@virtual_time
async def test_nothing_is_taken_when_one_product_of_several_is_short(calls: Calls) -> None:
    shop = FakeShop({"a": 5, "b": 0})
    lines = (OrderLine("a", 1, 500), OrderLine("b", 1, 500))
    process = shop.process(calls=calls)
    claim = await claimed(process, msgspec.structs.replace(pending_order(), items=lines))
    with pytest.raises(OutOfStock):
        await process.store.complete(claim, AT)
    assert shop.stock_left() == {"a": 5, "b": 0}


@virtual_time
async def test_a_product_that_left_the_catalogue_is_out_of_stock(calls: Calls) -> None:
    shop = FakeShop({})
    process = shop.process(calls=calls)
    with pytest.raises(OutOfStock):
        await process.store.complete(await claimed(process, pending_order()), AT)
    assert shop.products.items == {}


@virtual_time
async def test_orders_that_take_the_same_stock_at_once_all_complete(calls: Calls) -> None:
    shop = FakeShop({"a": 100}, transaction_seconds=0.005)
    processes = [shop.process(calls=calls) for _ in range(8)]
    claims = [
        await claimed(process, pending_order(str(n), units=1))
        for n, process in enumerate(processes)
    ]
    orders = await asyncio.gather(
        *(each.store.complete(claim, AT) for each, claim in zip(processes, claims, strict=True))
    )
    assert all(order.status is OrderStatus.COMPLETED for order in orders)
    assert shop.stock_left() == {"a": 92}
    tries = sum(process.wire.calls.count(TRANSACT) for process in processes)
    assert tries > 8, "nothing conflicted: the test proves nothing"


@virtual_time
async def test_a_conflict_that_does_not_end_is_given_up_after_a_bound(calls: Calls) -> None:
    shop = FakeShop({"a": 5})
    process = shop.process(calls=calls)
    claim = await claimed(process, pending_order())
    shop.products.held.add("a")
    with pytest.raises(Unavailable):
        await process.store.complete(claim, AT)
    assert process.wire.calls.count(TRANSACT) == ATTEMPTS
    assert 0 < now() < 8
    assert shop.order("1").status is OrderStatus.PROCESSING


@virtual_time
async def test_empty_stock_is_found_behind_a_conflict_on_another_product(calls: Calls) -> None:
    shop = FakeShop({"a": 5, "b": 0})
    lines = (OrderLine("a", 1, 500), OrderLine("b", 1, 500))
    process = shop.process(calls=calls)
    claim = await claimed(process, msgspec.structs.replace(pending_order(), items=lines))
    shop.products.held.add("a")
    asyncio.get_running_loop().call_later(0.005, shop.products.held.discard, "a")
    with pytest.raises(OutOfStock):
        await process.store.complete(claim, AT)


@virtual_time
async def test_a_completion_whose_answer_was_lost_is_recognised_by_the_next_try(
    calls: Calls,
) -> None:
    shop = FakeShop({"a": 5})
    process = shop.process(calls=calls)
    claim = await claimed(process, pending_order())
    process.wire.fail_next(Fault.LOST_ANSWER)
    with pytest.raises(Unavailable):
        await process.store.complete(claim, AT)
    again = await process.store.complete(claim, "1970-01-01T00:02:00.000000Z")
    assert again.settled_at == AT
    assert shop.stock_left() == {"a": 3}


@virtual_time
async def test_a_completion_by_whoever_overtook_us_counts_as_completed(calls: Calls) -> None:
    shop = FakeShop({"a": 5})
    slow, fast = shop.process(calls=calls), shop.process(Wire(), calls=calls)
    claim = await claimed(slow, pending_order())
    theirs = await fast.store.claim("1", Lease("them", 120_000), 60_001)
    assert isinstance(theirs, Claim)
    with pytest.raises(LeaseLost):
        await slow.store.complete(claim, AT)
    completed = await fast.store.complete(theirs, AT)
    assert await slow.store.complete(claim, AT) == completed
    assert shop.stock_left() == {"a": 3}
