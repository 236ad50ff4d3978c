from __future__ import annotations

import asyncio

import pytest

from orders.errors import Unavailable
from orders.message import decode_order_placed
from tests.support.fake_aws.wire import Fault
from tests.support.fake_shop import FakeShop, Process
from tests.support.virtual_clock import now, virtual_time

BATCH = "PublishBatch"


async def publish(process: Process, *order_ids: str) -> list[BaseException | None]:
    return await asyncio.gather(
        *(process.publisher.publish(order_id) for order_id in order_ids), return_exceptions=True
    )


def announced(shop: FakeShop) -> list[str]:
    return sorted(decode_order_placed(message.body).order_id for message in shop.queue.messages)


@virtual_time
async def test_a_published_order_is_announced_to_the_queue() -> None:
    shop = FakeShop({})
    await shop.process().publisher.publish("001")
    assert announced(shop) == ["001"]


@virtual_time
async def test_ten_announcements_travel_in_one_call() -> None:
    shop = FakeShop({})
    process = shop.process()
    ids = [str(n) for n in range(20)]
    assert await publish(process, *ids) == [None] * 20
    assert process.wire.calls == [BATCH] * 2
    assert announced(shop) == sorted(ids)


@virtual_time
async def test_entries_that_sns_failed_are_sent_again_and_the_others_are_not() -> None:
    shop = FakeShop({})
    process = shop.process()
    process.wire.refuse_entries(BATCH, {0: "InternalError", 2: "InternalError"})
    process.wire.refuse_entries(BATCH, {1: "InternalError"})
    assert await publish(process, "a", "b", "c") == [None, None, None]
    assert announced(shop) == ["a", "b", "c"]
    assert len(process.wire.calls) == 3


@virtual_time
async def test_an_entry_that_is_our_fault_is_not_tried_again() -> None:
    shop = FakeShop({})
    process = shop.process()
    process.wire.refuse_entries(BATCH, {1: "InvalidParameter"})
    results = await publish(process, "a", "b", "c")
    assert [results[0], results[2]] == [None, None]
    assert isinstance(results[1], Unavailable)
    assert "InvalidParameter" in str(results[1])
    assert process.wire.calls == [BATCH]
    assert announced(shop) == ["a", "c"]


@virtual_time
async def test_an_entry_that_fails_for_ever_is_given_up_soon() -> None:
    process = FakeShop({}).process()
    for _ in range(4):
        process.wire.refuse_entries(BATCH, {0: "InternalError"})
    with pytest.raises(Unavailable):
        await process.publisher.publish("a")
    assert len(process.wire.calls) == 4
    assert now() < 1.0


@pytest.mark.parametrize("fault", [Fault.THROTTLED, Fault.BROKEN, Fault.LOST_ANSWER])
@virtual_time
async def test_a_call_that_fails_as_a_whole_announced_nothing_for_sure(fault: Fault) -> None:
    process = FakeShop({}).process()
    process.wire.fail_next(fault)
    results = await publish(process, "a", "b")
    assert all(isinstance(result, Unavailable) for result in results)


@virtual_time
async def test_closing_publishes_what_waits_and_refuses_what_comes() -> None:
    shop = FakeShop({})
    process = shop.process()
    waiting = asyncio.create_task(process.publisher.publish("a"))
    await asyncio.sleep(0)
    await process.publisher.aclose()
    await waiting
    with pytest.raises(Unavailable):
        await process.publisher.publish("b")
    assert announced(shop) == ["a"]
