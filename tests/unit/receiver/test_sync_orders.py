from __future__ import annotations

import asyncio

import pytest
from aiohttp import ClientResponse

from orders.errors import ContentConflict, LeaseLost, OrderBusy
from orders.model import Order, OrderStatus
from orders.ports import ChargeOutcome, Claim, Lease
from receiver import sync_orders
from receiver.async_orders import ASYNC_ORDERS
from receiver.sync_orders import SYNC_ORDERS
from tests.unit.receiver.fakes import (
    Receiver,
    assert_names_order,
    eventually,
    order_request,
    problem_of,
    running_receiver,
)

pytestmark = pytest.mark.socket


def ask(receiver: Receiver, order_id: str) -> asyncio.Task[ClientResponse]:
    return asyncio.create_task(receiver.order("/orders/sync", order_id=order_id))


async def until_stored(receiver: Receiver, orders: int) -> None:
    await eventually(lambda: len(receiver.table.orders) == orders)


async def test_a_paid_order_is_answered_as_completed(sync_receiver: Receiver) -> None:
    response = await sync_receiver.order("/orders/sync", order_id="s-1")
    assert response.status == 200
    body = await response.json()
    assert body["status"] == "COMPLETED"
    assert body["settled_at"]
    assert sync_receiver.payments.charged == ["s-1"]


async def test_a_declined_order_is_answered_as_failed_with_its_reason(
    sync_receiver: Receiver,
) -> None:
    sync_receiver.payments.answers = ChargeOutcome.DECLINED
    response = await sync_receiver.order("/orders/sync", order_id="s-1")
    assert response.status == 200
    body = await response.json()
    assert (body["status"], body["failure_reason"]) == ("FAILED", "PAYMENT_DECLINED")


async def test_plain_orders_are_fulfilled_in_place_in_the_sync_topology(
    sync_receiver: Receiver,
) -> None:
    response = await sync_receiver.order("/orders")
    assert response.status == 200
    assert (await response.json())["status"] == "COMPLETED"


async def test_sync_orders_exist_in_the_async_topology_too(receiver: Receiver) -> None:
    response = await receiver.order("/orders/sync", order_id="s-1")
    assert response.status == 200
    assert receiver.events == ["stored s-1"]


async def test_no_more_payments_run_at_once_than_allowed(sync_receiver: Receiver) -> None:
    sync_receiver.payments.open.clear()
    asking = [ask(sync_receiver, f"s-{n}") for n in range(4)]
    await until_stored(sync_receiver, 4)
    await asyncio.sleep(0.02)
    sync_receiver.payments.open.set()
    assert [answer.status for answer in await asyncio.gather(*asking)] == [200] * 4
    assert sync_receiver.payments.most_under_way == 2


async def test_a_full_waiting_room_turns_the_next_order_away_at_once_and_stores_nothing(
    sync_receiver: Receiver,
) -> None:
    sync_receiver.payments.open.clear()
    asking = [ask(sync_receiver, f"s-{n}") for n in range(4)]  # 2 pay, 2 wait
    await until_stored(sync_receiver, 4)
    refused = await ask(sync_receiver, "s-4")
    assert refused.status == 503
    assert refused.headers["Retry-After"] == "1"
    problem = await problem_of(refused)
    assert "2 orders wait" in problem["detail"]
    assert "order_id" not in problem
    assert "Location" not in refused.headers
    assert "s-4" not in sync_receiver.table.orders
    sync_receiver.payments.open.set()
    await asyncio.gather(*asking)
    assert (await ask(sync_receiver, "s-4")).status == 200


async def test_a_payment_goes_on_when_its_client_has_left(sync_receiver: Receiver) -> None:
    sync_receiver.payments.open.clear()
    asking = ask(sync_receiver, "s-1")
    await eventually(lambda: sync_receiver.payments.under_way)
    asking.cancel()
    await asyncio.sleep(0.02)
    sync_receiver.payments.open.set()
    await eventually(lambda: sync_receiver.table.orders["s-1"].status == "COMPLETED")
    assert sync_receiver.payments.charged == ["s-1"]


async def test_a_repeat_during_the_payment_gets_the_same_answer_and_charges_nothing(
    sync_receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync_orders, "BUSY_POLL_SECONDS", 0.01)
    sync_receiver.payments.open.clear()
    first = ask(sync_receiver, "s-1")
    await eventually(lambda: sync_receiver.payments.under_way)
    second = ask(sync_receiver, "s-1")
    await asyncio.sleep(0.05)
    assert not second.done()
    sync_receiver.payments.open.set()
    answers = [await answer.json() for answer in await asyncio.gather(first, second)]
    assert answers[0] == answers[1]
    assert sync_receiver.payments.charged == ["s-1"]


async def test_a_repeat_after_an_unknown_payment_is_paid_at_once(sync_receiver: Receiver) -> None:
    sync_receiver.payments.silent = True
    unknown = await sync_receiver.order("/orders/sync", order_id="s-1")
    assert unknown.status == 503
    assert int(unknown.headers["Retry-After"]) <= 5
    assert_names_order(unknown, await problem_of(unknown), "s-1")
    sync_receiver.payments.silent = False
    async with asyncio.timeout(5):
        assert (await sync_receiver.order("/orders/sync", order_id="s-1")).status == 200
    assert sync_receiver.payments.charged == ["s-1"]


async def test_whoever_named_no_id_pays_once_under_the_one_that_the_503_tells(
    sync_receiver: Receiver,
) -> None:
    sync_receiver.payments.silent = True
    unknown = await sync_receiver.order("/orders/sync")
    problem = await problem_of(unknown)
    assert_names_order(unknown, problem, *sync_receiver.table.orders)
    sync_receiver.payments.silent = False
    again = await sync_receiver.order("/orders/sync", order_id=problem["order_id"])
    assert again.status == 200
    assert sync_receiver.payments.charged == [problem["order_id"]]
    assert len(sync_receiver.table.orders) == 1


async def test_an_attempt_that_was_overtaken_names_its_order(
    sync_receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def complete(claim: Claim, _settled_at: str) -> None:
        raise LeaseLost(claim.order.order_id)

    monkeypatch.setattr(sync_receiver.table, "complete", complete)
    unknown = await sync_receiver.order("/orders/sync")
    assert unknown.status == 503
    assert_names_order(unknown, await problem_of(unknown), *sync_receiver.table.orders)


async def test_repeats_of_an_order_under_way_wait_for_its_payment_without_a_place_of_their_own(
    sync_receiver: Receiver,
) -> None:
    settle = sync_receiver.app[SYNC_ORDERS].settle
    other = order_request(order_id="s-1", customer_id=124)
    settling = [settle(order_request(order_id="s-1")) for _ in range(1000)]
    room_left = [settle(order_request(order_id=f"other-{n}")) for n in range(3)]  # of 4
    results = await asyncio.gather(*settling, settle(other), *room_left, return_exceptions=True)
    assert all(each is results[0] for each in results[:1000])
    assert isinstance(results[1000], ContentConflict)
    assert [each.status for each in results[1001:] if isinstance(each, Order)] == ["COMPLETED"] * 3
    assert sync_receiver.payments.charged.count("s-1") == 1


async def test_an_order_that_another_worker_settles_is_answered_and_not_paid_again(
    sync_receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync_orders, "BUSY_POLL_SECONDS", 0.001)
    sync_receiver.payments.open.clear()
    first = ask(sync_receiver, "s-1")
    await eventually(lambda: sync_receiver.payments.under_way)
    async with running_receiver(topology="sync", sns_topic_arn=None) as other:
        other.table.orders, other.table.leases = (
            sync_receiver.table.orders,
            sync_receiver.table.leases,
        )
        second = ask(other, "s-1")
        await asyncio.sleep(0.02)
        assert not second.done()
        sync_receiver.payments.open.set()
        assert await (await second).json() == await (await first).json()
        assert other.payments.charged == []


async def test_one_key_on_both_routes_at_a_time_is_one_order_and_one_payment(
    receiver: Receiver,
) -> None:
    request = order_request(order_id="b-1")
    settle, accept = receiver.app[SYNC_ORDERS].settle, receiver.app[ASYNC_ORDERS].accept
    asking = [each(request) for _ in range(500) for each in (settle, accept)]
    orders = await asyncio.gather(*asking)
    assert {order.order_id for order in orders} == {"b-1"}
    assert {order.status for order in orders[::2]} == {OrderStatus.COMPLETED}
    assert list(receiver.table.orders) == ["b-1"]
    assert receiver.payments.charged == ["b-1"]


async def test_a_repeat_of_a_settled_order_is_answered_without_paying_again(
    sync_receiver: Receiver,
) -> None:
    first = await sync_receiver.order("/orders/sync", order_id="s-1")
    second = await sync_receiver.order("/orders/sync", order_id="s-1")
    assert second.status == 200
    assert await second.json() == await first.json()
    assert sync_receiver.payments.charged == ["s-1"]


async def test_a_repeat_of_a_settled_order_does_not_wait_for_a_payment_slot(
    sync_receiver: Receiver,
) -> None:
    await sync_receiver.order("/orders/sync", order_id="s-0")
    sync_receiver.payments.open.clear()
    paying = [ask(sync_receiver, f"s-{n}") for n in (1, 2)]
    await eventually(lambda: sync_receiver.payments.under_way == 2)
    async with asyncio.timeout(5):
        assert (await ask(sync_receiver, "s-0")).status == 200
    sync_receiver.payments.open.set()
    await asyncio.gather(*paying)


async def test_an_order_that_another_worker_keeps_is_a_conflict_that_says_when_to_come_again(
    sync_receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync_orders, "BUSY_POLL_SECONDS", 0.001)

    async def claim(order_id: str, _lease: Lease, _now_ms: int) -> None:
        raise OrderBusy(order_id, 0.003)

    monkeypatch.setattr(sync_receiver.table, "claim", claim)
    response = await sync_receiver.order("/orders/sync", order_id="s-1")
    assert response.status == 409
    assert response.headers["Retry-After"] == "1"
    problem = await problem_of(response)
    assert problem["type"].endswith(":order-busy")
    assert_names_order(response, problem, "s-1")
