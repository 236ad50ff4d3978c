from __future__ import annotations

import asyncio

import pytest

from sqs_consumer.back_pressure import Permits
from tests.support.virtual_clock import now, virtual_time


@virtual_time
async def test_no_more_permits_are_taken_than_there_are() -> None:
    permits = Permits(4)
    assert await permits.take(10) == 4
    assert permits.free == 0


@virtual_time
async def test_taking_waits_until_a_permit_comes_back() -> None:
    permits = Permits(1)
    await permits.take(1)
    waiting = asyncio.create_task(permits.take(10))
    await asyncio.sleep(5)
    assert not waiting.done()
    permits.give_back()
    assert await waiting == 1


@virtual_time
async def test_a_taker_lingers_for_more_permits_and_takes_what_came() -> None:
    permits = Permits(10)
    await permits.take(10)
    waiting = asyncio.create_task(permits.take(10, linger_seconds=1.0))
    for _ in range(3):
        await asyncio.sleep(0.1)
        permits.give_back()
    assert await waiting == 3
    assert now() == pytest.approx(1.1)


@virtual_time
async def test_a_taker_lingers_no_longer_than_until_it_has_all_it_can_use() -> None:
    permits = Permits(10)
    await permits.take(10)
    waiting = asyncio.create_task(permits.take(10, linger_seconds=100.0))
    await asyncio.sleep(0)
    permits.give_back(10)
    assert await waiting == 10
    assert now() == 0


@virtual_time
async def test_nobody_lingers_for_more_permits_than_there_are() -> None:
    assert await Permits(4).take(10, linger_seconds=100.0) == 4
    assert now() == 0


@virtual_time
async def test_a_permit_that_is_given_back_twice_is_an_error_and_not_one_more_hand() -> None:
    permits = Permits(2)
    await permits.take(1)
    permits.give_back()
    with pytest.raises(RuntimeError, match="1 permits given back, 0 were taken"):
        permits.give_back()
    assert permits.free == 2


@virtual_time
async def test_a_taker_that_is_cancelled_takes_nothing_with_it() -> None:
    permits = Permits(2)
    await permits.take(2)
    for linger in (0.0, 5.0):
        waiting = asyncio.create_task(permits.take(2, linger_seconds=linger))
        await asyncio.sleep(0.1)
        permits.give_back()  # the taker is about to wake, or lingers for the other one
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert permits.free == 1
        await permits.take(1)


@virtual_time
async def test_only_one_taker_collects_at_a_time_so_that_handfuls_stay_whole() -> None:
    permits = Permits(10)
    await permits.take(10)
    first = asyncio.create_task(permits.take(5, linger_seconds=1.0))
    second = asyncio.create_task(permits.take(5, linger_seconds=1.0))
    for _ in range(10):
        await asyncio.sleep(0.01)
        permits.give_back()
    assert [await first, await second] == [5, 5]


@virtual_time
async def test_whoever_will_not_wait_gets_nothing_while_another_collects() -> None:
    permits = Permits(2)
    assert permits.take_now(10) == 2
    assert permits.take_now(10) == 0
    waiting = asyncio.create_task(permits.take(2, linger_seconds=1.0))
    await asyncio.sleep(0)
    permits.give_back()
    assert permits.take_now(10) == 0
    assert await waiting == 1
