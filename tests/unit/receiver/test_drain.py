from __future__ import annotations

import asyncio

import pytest

from receiver.server import drain
from tests.unit.receiver.fakes import eventually, problem_of, running_receiver

pytestmark = pytest.mark.socket


async def test_a_drain_waits_for_orders_under_way() -> None:
    async with running_receiver() as receiver:
        receiver.topic.open.clear()
        asking = asyncio.create_task(receiver.order(order_id="a-1"))
        await eventually(lambda: receiver.table.orders)
        draining = asyncio.create_task(drain(receiver.app, receiver.settings))
        await asyncio.sleep(0.02)
        assert not draining.done()
        receiver.topic.open.set()
        assert (await asking).status == 202
        await draining


async def test_a_drain_waits_for_payments_under_way_and_for_those_that_wait() -> None:
    async with running_receiver(topology="sync", payment_concurrency=1) as receiver:
        receiver.payments.open.clear()
        asking = [
            asyncio.create_task(receiver.order("/orders/sync", order_id=f"s-{n}")) for n in (1, 2)
        ]
        await eventually(lambda: len(receiver.table.orders) == 2)
        draining = asyncio.create_task(drain(receiver.app, receiver.settings))
        await asyncio.sleep(0.02)
        assert not draining.done()
        receiver.payments.open.set()
        assert [answer.status for answer in await asyncio.gather(*asking)] == [200, 200]
        await draining


async def test_orders_that_could_not_be_paid_in_time_are_told_to_come_again() -> None:
    changes = {"payment_concurrency": 1, "payment_seconds": 5, "drain_seconds": 6.1}
    async with running_receiver(topology="sync", **changes) as receiver:
        receiver.payments.open.clear()
        paying, waiting = (
            asyncio.create_task(receiver.order("/orders/sync", **named))
            for named in ({"order_id": "s-1"}, {})
        )
        await eventually(lambda: len(receiver.table.orders) == 2)
        draining = asyncio.create_task(drain(receiver.app, receiver.settings))
        refused = await waiting
        assert refused.status == 503
        assert int(refused.headers["Retry-After"]) >= 1
        problem = await problem_of(refused)
        assert "repeat the order" in problem["detail"]
        assert problem["order_id"] == list(receiver.table.orders)[1]
        assert refused.headers["Location"] == f"/orders/{problem['order_id']}"
        assert not paying.done()
        receiver.payments.open.set()
        assert (await paying).status == 200
        await draining
        assert receiver.payments.charged == ["s-1"]


async def test_a_payment_that_does_not_end_in_time_is_cut_off_and_its_client_told() -> None:
    async with running_receiver(topology="sync", drain_seconds=0.05) as receiver:
        receiver.payments.open.clear()
        asking = asyncio.create_task(receiver.order("/orders/sync"))
        await eventually(lambda: receiver.payments.under_way)
        await drain(receiver.app, receiver.settings)
        answer = await asking
        assert answer.status == 503
        assert [(await problem_of(answer))["order_id"]] == list(receiver.table.orders)
        assert receiver.payments.under_way == 0
        assert receiver.payments.charged == []


async def test_no_order_is_let_in_during_a_drain() -> None:
    async with running_receiver() as receiver:
        await drain(receiver.app, receiver.settings)
        for path in ("/orders", "/orders/sync"):
            response = await receiver.order(path)
            assert response.status == 503
            assert int(response.headers["Retry-After"]) >= 1
            await problem_of(response)
        assert receiver.table.orders == {}


async def test_connections_are_not_kept_during_a_drain() -> None:
    async with running_receiver() as receiver:
        await drain(receiver.app, receiver.settings)
        response = await receiver.client.get("/health")
        assert response.headers["Connection"] == "close"


async def test_the_backend_is_closed_after_the_last_order() -> None:
    async with running_receiver() as receiver:
        await receiver.order(order_id="a-1")
    assert receiver.events == ["stored a-1", "announced a-1", "backend closed"]
