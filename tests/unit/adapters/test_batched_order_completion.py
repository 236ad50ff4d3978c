"""Many completions in one transaction: what one order lacks does not keep the others."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.orders.completion import ATTEMPTS
from orders.errors import LeaseLost, OutOfStock, Unavailable
from orders.model import Order, OrderLine, OrderStatus
from orders.ports import Claim, Lease
from tests.support.fake_aws.transactions import MAX_ACTIONS
from tests.support.fake_aws.wire import Fault
from tests.support.fake_shop import Calls, FakeShop, Process
from tests.support.virtual_clock import run, virtual_time
from tests.unit.orders.fakes import pending_order

AT = "1970-01-01T00:01:00.000000Z"
TRANSACT = "TransactWriteItems"


def order_of(order_id: str, units: Mapping[str, int]) -> Order:
    lines = tuple(OrderLine(product, count, 500) for product, count in units.items())
    return msgspec.structs.replace(pending_order(order_id), items=lines)


async def claim_all(process: Process, orders: Sequence[Order]) -> list[Claim]:
    async def claim(order: Order) -> Claim:
        await process.inserter.insert(order)
        claimed = await process.store.claim(order.order_id, Lease(order.order_id, 60_000), 0)
        assert isinstance(claimed, Claim)
        return claimed

    return await asyncio.gather(*map(claim, orders))


async def complete_all(process: Process, claims: Sequence[Claim]) -> list[Order | BaseException]:
    return await asyncio.gather(
        *(process.store.complete(claim, AT) for claim in claims), return_exceptions=True
    )


@virtual_time
async def test_the_orders_of_one_process_complete_in_one_call() -> None:
    shop = FakeShop({"a": 100})
    process = shop.process(calls=Calls.BATCHED)
    claims = await claim_all(process, [order_of(str(n), {"a": 2}) for n in range(25)])
    results = await complete_all(process, claims)
    assert results == [shop.order(str(n)) for n in range(25)]
    assert process.wire.calls.count(TRANSACT) == 1
    assert shop.stock_left() == {"a": 50}


@virtual_time
async def test_an_order_without_stock_fails_alone() -> None:
    shop = FakeShop({"a": 100, "rare": 0})
    process = shop.process(calls=Calls.BATCHED)
    orders = [order_of("1", {"a": 1}), order_of("2", {"a": 1, "rare": 1}), order_of("3", {"a": 1})]
    results = await complete_all(process, await claim_all(process, orders))
    assert isinstance(results[1], OutOfStock)
    assert [shop.order(n).status for n in "13"] == [OrderStatus.COMPLETED] * 2
    assert shop.stock_left() == {"a": 98, "rare": 0}


@virtual_time
async def test_the_last_units_are_sold_to_as_many_as_there_are() -> None:
    shop = FakeShop({"a": 10})
    process = shop.process(calls=Calls.BATCHED)
    claims = await claim_all(process, [order_of(str(n), {"a": 1}) for n in range(25)])
    results = await complete_all(process, claims)
    assert sum(isinstance(result, Order) for result in results) == 10
    assert sum(isinstance(result, OutOfStock) for result in results) == 15
    assert shop.stock_left() == {"a": 0}
    # Refused with what there is, written for as many as that is enough for, refused with nothing.
    assert process.wire.calls.count(TRANSACT) == 3


@virtual_time
async def test_all_who_come_too_late_are_told_by_one_call() -> None:
    shop = FakeShop({"a": 0})
    process = shop.process(calls=Calls.BATCHED)
    claims = await claim_all(process, [order_of(str(n), {"a": 1}) for n in range(40)])
    results = await complete_all(process, claims)
    assert all(isinstance(result, OutOfStock) for result in results)
    assert process.wire.calls.count(TRANSACT) == 1


@virtual_time
async def test_an_order_that_wants_more_than_is_left_does_not_keep_a_smaller_one() -> None:
    shop = FakeShop({"a": 3})
    process = shop.process(calls=Calls.BATCHED)
    orders = [order_of("1", {"a": 4}), order_of("2", {"a": 2}), order_of("3", {"a": 1})]
    results = await complete_all(process, await claim_all(process, orders))
    assert isinstance(results[0], OutOfStock)
    assert results[1:] == [shop.order("2"), shop.order("3")]
    assert shop.stock_left() == {"a": 0}


@virtual_time
async def test_processes_that_meet_at_a_product_contend_as_groups() -> None:
    """Taken apart, their orders would cancel each other's transactions a thousand times."""
    shop = FakeShop({"a": 1000}, transaction_seconds=0.01)
    processes = [shop.process(calls=Calls.BATCHED) for _ in range(4)]
    claims = [
        await claim_all(process, [order_of(f"{number}-{n}", {"a": 1}) for n in range(25)])
        for number, process in enumerate(processes)
    ]
    results = await asyncio.gather(*map(complete_all, processes, claims))
    assert all(isinstance(result, Order) for each in results for result in each)
    assert shop.stock_left() == {"a": 900}
    assert all(process.wire.calls.count(TRANSACT) <= ATTEMPTS for process in processes)


@virtual_time
async def test_a_product_that_is_always_taken_is_given_up_after_a_bounded_number_of_calls() -> None:
    shop = FakeShop({"a": 1000})
    process = shop.process(calls=Calls.BATCHED)
    claims = await claim_all(process, [order_of(str(n), {"a": 1}) for n in range(25)])
    shop.products.held.add("a")
    results = await complete_all(process, claims)
    assert all(isinstance(result, Unavailable) for result in results)
    assert process.wire.calls.count(TRANSACT) == ATTEMPTS
    shop.products.held.clear()
    assert await complete_all(process, claims) == [shop.order(str(n)) for n in range(25)]


@virtual_time
async def test_a_lost_lease_is_the_problem_of_its_order_only() -> None:
    shop = FakeShop({"a": 100})
    process = shop.process(calls=Calls.BATCHED)
    claims = await claim_all(process, [order_of(str(n), {"a": 1}) for n in range(3)])
    await process.store.claim("1", Lease("them", 120_000), 60_001)
    results = await complete_all(process, claims)
    assert isinstance(results[1], LeaseLost)
    assert [shop.order(n).status for n in "02"] == [OrderStatus.COMPLETED] * 2
    assert shop.stock_left() == {"a": 98}
    # All of them, which tells who lost its lease, then the others.
    assert process.wire.calls.count(TRANSACT) == 2


@virtual_time
async def test_the_same_order_twice_at_once_takes_its_stock_once() -> None:
    shop = FakeShop({"a": 100})
    process = shop.process(calls=Calls.BATCHED)
    (claim,) = await claim_all(process, [order_of("1", {"a": 1})])
    results = await complete_all(process, [claim, claim])
    assert results == [shop.order("1")] * 2
    assert shop.stock_left() == {"a": 99}


@virtual_time
async def test_a_call_that_fails_as_a_whole_is_unavailable_to_all_of_it() -> None:
    shop = FakeShop({"a": 100})
    process = shop.process(calls=Calls.BATCHED)
    claims = await claim_all(process, [order_of(str(n), {"a": 1}) for n in range(3)])
    process.wire.fail_next(Fault.LOST_ANSWER)
    results = await complete_all(process, claims)
    assert all(isinstance(result, Unavailable) for result in results)
    assert await complete_all(process, claims) == [shop.order(str(n)) for n in range(3)]
    assert shop.stock_left() == {"a": 97}


@virtual_time
async def test_orders_of_many_products_share_transactions_within_awss_limit() -> None:
    products = {f"p{n}": 1000 for n in range(99)}
    shop = FakeShop(products)
    process = shop.process(calls=Calls.BATCHED)
    wide = [order_of(str(n), dict.fromkeys(products, 1)) for n in range(3)]
    results = await complete_all(process, await claim_all(process, wide))
    assert len(products) + 1 == MAX_ACTIONS
    assert results == [shop.order(str(n)) for n in range(3)]


baskets = st.lists(
    st.dictionaries(st.sampled_from("abc"), st.integers(1, 4), min_size=1), max_size=30
)


@given(baskets=baskets, stock=st.tuples(*[st.integers(0, 20)] * 3))
def test_whatever_is_wanted_of_whatever_there_is_the_books_agree(
    baskets: list[dict[str, int]], stock: tuple[int, int, int]
) -> None:
    async def play() -> None:
        shop = FakeShop(dict(zip("abc", stock, strict=True)))
        process = shop.process(calls=Calls.BATCHED)
        orders = [order_of(str(n), basket) for n, basket in enumerate(baskets)]
        results = await complete_all(process, await claim_all(process, orders))
        for order, result in zip(orders, results, strict=True):
            if not isinstance(result, OutOfStock):
                assert result == shop.order(order.order_id)
            else:
                # Stock only goes down: what was refused then could not be had now.
                left = shop.stock_left()
                assert any(left[p] < n for p, n in order.units_by_product().items())
        shop.audit_stock()

    run(play())


@virtual_time
async def test_closing_completes_what_waits() -> None:
    shop = FakeShop({"a": 100})
    process = shop.process(calls=Calls.BATCHED)
    (claim,) = await claim_all(process, [order_of("1", {"a": 1})])
    waiting = asyncio.create_task(process.store.complete(claim, AT))
    await asyncio.sleep(0)
    await process.aclose()
    assert (await waiting).status is OrderStatus.COMPLETED
    with pytest.raises(Unavailable):
        await process.store.complete(claim, AT)
