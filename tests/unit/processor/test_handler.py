from __future__ import annotations

import asyncio

import pytest

from orders.errors import LeaseLost, OrderBusy, OrderNotFound, Unavailable
from orders.fulfilment import Fulfilment
from orders.message import encode_order_placed
from orders.request import ItemRequest, OrderRequest
from processor.handler import CLOCK_DIFFERENCE_SECONDS, OrderHandler
from sqs_consumer import Message, NotRetryable, RetryAfter
from tests.support.fake_shop import LEASE_SECONDS, Calls, FakeShop, Process
from tests.support.virtual_clock import virtual_time


def announcement(order_id: str) -> Message:
    return Message(message_id="m-1", body=encode_order_placed(order_id))


async def placed(process: Process, *order_ids: str) -> None:
    for order_id in order_ids:
        request = OrderRequest(
            customer_id=1, items=[ItemRequest(product_id="a", quantity=1)], order_id=order_id
        )
        await process.placement.place(request)


class Refusing(Fulfilment):
    """A fulfilment that always ends in the same way."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def fulfil(self, order_id: str) -> None:  # type: ignore[override]
        assert order_id == "o-1"
        raise self._error


@virtual_time
async def test_the_announced_order_is_settled_when_the_handler_returns() -> None:
    shop = FakeShop({"a": 5})
    process = shop.process(calls=Calls.BATCHED)
    await placed(process, "o-1")
    await OrderHandler(process.fulfilment)(announcement("o-1"))
    assert shop.order("o-1").status == "COMPLETED"
    shop.audit()


@virtual_time
async def test_an_order_that_is_settled_already_is_done() -> None:
    shop = FakeShop({"a": 5})
    process = shop.process()
    await placed(process, "o-1")
    handler = OrderHandler(process.fulfilment)
    await handler(announcement("o-1"))
    await handler(announcement("o-1"))
    assert shop.stock_left() == {"a": 4}
    shop.audit()


@virtual_time
async def test_a_second_delivery_meanwhile_waits_for_the_lease_of_the_first() -> None:
    shop = FakeShop({"a": 5})
    process = shop.process(calls=Calls.BATCHED)
    await placed(process, "o-1")
    handler = OrderHandler(process.fulfilment)
    first = asyncio.create_task(handler(announcement("o-1")))
    await asyncio.sleep(1)
    with pytest.raises(RetryAfter) as later:
        await handler(announcement("o-1"))
    assert later.value.seconds == pytest.approx(LEASE_SECONDS, abs=2)
    assert later.value.seconds > LEASE_SECONDS - 1
    await first
    shop.audit()


@virtual_time
async def test_an_order_that_does_not_exist_is_not_retryable() -> None:
    handler = OrderHandler(FakeShop({"a": 5}).process(calls=Calls.BATCHED).fulfilment)
    with pytest.raises(NotRetryable, match="order nobody does not exist"):
        await handler(announcement("nobody"))


@virtual_time
async def test_an_unreadable_message_is_not_retryable() -> None:
    handler = OrderHandler(Refusing(AssertionError("must not be asked")))
    with pytest.raises(NotRetryable, match="unreadable: "):
        await handler(Message(message_id="m-1", body="?"))


@virtual_time
async def test_a_busy_order_comes_again_after_its_lease_and_a_little() -> None:
    handler = OrderHandler(Refusing(OrderBusy("o-1", 12.5)))
    with pytest.raises(RetryAfter) as later:
        await handler(announcement("o-1"))
    assert later.value.seconds == 12.5 + CLOCK_DIFFERENCE_SECONDS


@pytest.mark.parametrize("error", [Unavailable("table down"), LeaseLost("o-1")])
def test_what_may_pass_is_left_to_the_consumers_backoff(error: Exception) -> None:
    handler = OrderHandler(Refusing(error))
    with pytest.raises(type(error)):
        asyncio.run(handler(announcement("o-1")))


def test_not_found_is_told_apart_from_unavailable() -> None:
    with pytest.raises(NotRetryable):
        asyncio.run(OrderHandler(Refusing(OrderNotFound("o-1")))(announcement("o-1")))
