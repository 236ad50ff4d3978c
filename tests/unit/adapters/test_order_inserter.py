from __future__ import annotations

import asyncio

import pytest

from adapters.orders.inserter import BatchedOrderInserter
from orders.errors import Unavailable
from orders.model import Order
from tests.support.fake_aws.wire import Fault, Wire
from tests.support.fake_shop import FakeShop
from tests.support.virtual_clock import now, virtual_time
from tests.unit.orders.fakes import pending_order

BATCH = "BatchExecuteStatement"


def orders(count: int) -> list[Order]:
    return [pending_order(f"order-{n:03}") for n in range(count)]


async def insert_all(inserter: BatchedOrderInserter, wanted: list[Order]) -> list[bool | Exception]:
    results = await asyncio.gather(
        *(inserter.insert(order) for order in wanted), return_exceptions=True
    )
    assert all(isinstance(result, bool | Exception) for result in results)
    return [result for result in results if isinstance(result, bool | Exception)]


@virtual_time
async def test_an_inserted_order_is_found_as_it_was_placed() -> None:
    shop = FakeShop({"a": 1})
    process = shop.process()
    assert await process.inserter.insert(pending_order())
    assert await process.store.get("1") == pending_order()


@virtual_time
async def test_fifty_orders_travel_in_two_calls() -> None:
    shop = FakeShop({"a": 1})
    process = shop.process()
    assert await insert_all(process.inserter, orders(50)) == [True] * 50
    assert process.wire.calls == [BATCH] * 2
    assert len(shop.orders.items) == 50


@virtual_time
async def test_a_taken_id_is_reported_and_not_overwritten() -> None:
    shop = FakeShop({"a": 1})
    process = shop.process()
    await process.inserter.insert(pending_order("order-001", units=9))
    assert await insert_all(process.inserter, orders(3)) == [True, False, True]
    assert shop.order("order-001").items[0].quantity == 9


@virtual_time
async def test_the_same_id_twice_in_one_batch_is_one_order() -> None:
    shop = FakeShop({"a": 1})
    process = shop.process()
    twins = [pending_order("twin", units=1), pending_order("twin", units=2)]
    assert await insert_all(process.inserter, [*twins, *orders(1)]) == [True, False, True]
    assert shop.order("twin").items[0].quantity == 1


@pytest.mark.parametrize("contents", [1, 1000])
@virtual_time
async def test_one_id_a_thousand_times_concurrently_is_one_order_and_all_know_immediately(
    contents: int,
) -> None:
    shop = FakeShop({"a": 1})
    process = shop.process()
    same_id = [pending_order("one", units=1 + number % contents) for number in range(1000)]
    assert await insert_all(process.inserter, same_id) == [True] + [False] * 999
    assert shop.order("one").items[0].quantity == 1
    assert len(shop.orders.history) == 1
    assert now() == 0.0, "a repeat of our own is no outage to wait out"


@virtual_time
async def test_repeats_that_come_while_the_first_is_in_flight_find_its_id_taken() -> None:
    shop = FakeShop({"a": 1})
    process = shop.process(Wire(latency=lambda: 0.05))
    inserting = []
    for _ in range(60):
        inserting.append(asyncio.create_task(process.inserter.insert(pending_order("one"))))
        await asyncio.sleep(0.003)
    results = await asyncio.gather(*inserting)
    assert results.count(True) == 1
    assert len(shop.orders.history) == 1


@virtual_time
async def test_one_id_at_two_receivers_is_one_order() -> None:
    shop = FakeShop({"a": 1})
    inserters = [shop.process(Wire(latency=lambda: 0.05)).inserter for _ in range(2)]
    inserting = [each.insert(pending_order("one")) for each in inserters for _ in range(100)]
    results = await asyncio.gather(*inserting)
    assert results.count(True) == 1
    assert len(shop.orders.history) == 1


@virtual_time
async def test_twins_whose_statement_is_put_off_are_tried_again() -> None:
    shop = FakeShop({"a": 1})
    process = shop.process()
    process.wire.refuse_entries(BATCH, {0: "ThrottlingError"})
    results = await insert_all(process.inserter, [pending_order("twin")] * 2)
    assert sorted(results, key=bool) == [False, True]
    assert len(shop.orders.history) == 1


@virtual_time
async def test_a_repeat_of_an_order_that_is_being_completed_waits_for_the_transaction() -> None:
    shop = FakeShop({"a": 1})
    process = shop.process()
    await process.inserter.insert(pending_order())
    shop.orders.held.add("1")
    asyncio.get_running_loop().call_later(0.001, shop.orders.held.discard, "1")
    assert await process.inserter.insert(pending_order()) is False


@virtual_time
async def test_twins_both_hear_of_an_outage() -> None:
    process = FakeShop({"a": 1}).process()
    for _ in range(8):  # they may travel in calls of their own after the first
        process.wire.refuse_entries(BATCH, {0: "ThrottlingError"})
    results = await insert_all(process.inserter, [pending_order("twin"), pending_order("twin")])
    assert all(isinstance(result, Unavailable) for result in results)


@virtual_time
async def test_throttled_statements_alone_are_sent_again() -> None:
    shop = FakeShop({"a": 1})
    process = shop.process()
    process.wire.refuse_entries(BATCH, {1: "ThrottlingError", 3: "ProvisionedThroughputExceeded"})
    process.wire.refuse_entries(BATCH, {1: "ThrottlingError"})
    assert await insert_all(process.inserter, orders(5)) == [True] * 5
    assert process.wire.calls == [BATCH] * 3
    assert len(shop.orders.history) == 5


@virtual_time
async def test_a_statement_that_is_refused_for_ever_fails_alone_and_soon() -> None:
    shop = FakeShop({"a": 1})
    process = shop.process()
    for index in (1, 0, 0, 0):  # the first time among others, then alone
        process.wire.refuse_entries(BATCH, {index: "InternalServerError"})
    results = await insert_all(process.inserter, orders(3))
    assert [results[0], results[2]] == [True, True]
    assert isinstance(results[1], Unavailable)
    assert "order-001" not in shop.orders.items
    assert now() < 1.0


@virtual_time
async def test_an_order_that_is_too_large_for_an_item_does_not_take_others_with_it() -> None:
    process = FakeShop({"a": 1}).process()
    large = pending_order("x" * (410 * 1024))
    results = await insert_all(process.inserter, [large, *orders(2)])
    assert isinstance(results[0], Unavailable)
    assert results[1:] == [True, True]


@pytest.mark.parametrize("fault", [Fault.THROTTLED, Fault.BROKEN, Fault.LOST_ANSWER])
@virtual_time
async def test_a_call_that_fails_as_a_whole_is_unavailable_to_all_of_it(fault: Fault) -> None:
    process = FakeShop({"a": 1}).process()
    process.wire.fail_next(fault)
    results = await insert_all(process.inserter, orders(3))
    assert all(isinstance(result, Unavailable) for result in results)
    assert "orders table" in str(results[0])


@virtual_time
async def test_an_insert_that_botocore_repeats_looks_like_a_repeat() -> None:
    process = FakeShop({"a": 1}).process()
    process.wire.fail_next(Fault.REPEATED)
    assert await process.inserter.insert(pending_order()) is False


@virtual_time
async def test_closing_stores_what_waits_and_refuses_what_comes() -> None:
    shop = FakeShop({"a": 1})
    process = shop.process()
    waiting = asyncio.create_task(process.inserter.insert(pending_order()))
    await asyncio.sleep(0)
    await process.inserter.aclose()
    assert await waiting
    with pytest.raises(Unavailable):
        await process.inserter.insert(pending_order("2"))
    assert set(shop.orders.items) == {"1"}
