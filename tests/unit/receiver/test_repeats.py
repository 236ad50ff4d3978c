from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from orders.errors import ContentConflict, InvalidOrder, OutcomeUnknown, Unavailable
from orders.model import Order, OrderLine, OrderStatus
from orders.request import ItemRequest, OrderRequest
from receiver.repeats import ConcurrentRepeats


def wanted(order_id: str | None = "1", *, quantity: int = 1) -> OrderRequest:
    return OrderRequest(customer_id=7, items=[ItemRequest("a", quantity)], order_id=order_id)


class Work:
    """Answers a request once `open` is set: with its order, or with an error."""

    def __init__(
        self, failure: Callable[[OrderRequest], Exception | None] = lambda _: None
    ) -> None:
        self.begun: list[OrderRequest] = []
        self.open = asyncio.Event()
        self._failure = failure

    async def __call__(self, request: OrderRequest) -> Order:
        self.begun.append(request)
        await self.open.wait()
        if failure := self._failure(request):
            raise failure
        return Order(
            order_id=request.order_id or f"minted-{len(self.begun)}",
            customer_id="7",
            items=tuple(OrderLine("a", item.quantity, 500) for item in request.items),
            total_cents=500,
            status=OrderStatus.PENDING,
            created_at="1970-01-01T00:00:00.000000Z",
            content_hash=request.content_hash(),
        )


async def share_all(
    work: Work, *requests: OrderRequest, cancelled: int | None = None
) -> list[Order | BaseException]:
    """Send these concurrently, let the work end when all have come, and return the outcomes."""
    repeats = ConcurrentRepeats()
    asking = [asyncio.create_task(repeats.share(each, work)) for each in requests]
    await asyncio.sleep(0)
    if cancelled is not None:
        asking[cancelled].cancel()
        await asyncio.sleep(0)
    work.open.set()
    return await asyncio.gather(*asking, return_exceptions=True)


async def test_a_thousand_of_one_order_are_worked_on_once_and_answered_alike() -> None:
    work = Work()
    answers = await share_all(work, *[wanted()] * 1000)
    assert len(work.begun) == 1
    assert all(isinstance(each, Order) and each is answers[0] for each in answers)


async def test_orders_without_an_id_are_each_worked_on() -> None:
    work = Work()
    answers = await share_all(work, wanted(None), wanted(None))
    assert all(isinstance(each, Order) for each in answers)
    assert len(work.begun) == 2


async def test_what_comes_after_the_answer_is_worked_on_again() -> None:
    work = Work()
    work.open.set()
    repeats = ConcurrentRepeats()
    for _ in range(2):
        await repeats.share(wanted(), work)
    assert len(work.begun) == 2


async def test_other_content_under_way_is_a_conflict_to_it_alone() -> None:
    work = Work()
    answers = await share_all(work, wanted(), wanted(quantity=2), wanted())
    assert answers[0] is answers[2]
    assert isinstance(answers[1], ContentConflict)
    assert len(work.begun) == 1


async def test_an_outage_is_told_to_all_without_asking_again_for_each() -> None:
    work = Work(lambda _: OutcomeUnknown("1", Unavailable("down")))
    answers = await share_all(work, *[wanted()] * 3)
    assert [type(each) for each in answers] == [OutcomeUnknown] * 3
    assert len(work.begun) == 1


async def test_what_is_wrong_with_the_first_one_is_not_held_against_the_others() -> None:
    def failure(request: OrderRequest) -> Exception | None:
        return InvalidOrder(field="items", rule="no") if request.items[0].quantity == 2 else None

    work = Work(failure)
    answers = await share_all(work, wanted(quantity=2), wanted(), wanted())
    assert isinstance(answers[0], InvalidOrder)
    assert all(isinstance(each, Order) for each in answers[1:])


async def test_a_first_one_that_is_cut_off_leaves_the_others_to_themselves() -> None:
    work = Work()
    answers = await share_all(work, *[wanted()] * 3, cancelled=0)
    assert isinstance(answers[0], asyncio.CancelledError)
    assert all(isinstance(each, Order) for each in answers[1:])


async def test_a_repeat_that_is_cut_off_disturbs_nobody() -> None:
    work = Work()
    answers = await share_all(work, *[wanted()] * 3, cancelled=1)
    assert isinstance(answers[1], asyncio.CancelledError)
    assert answers[0] is answers[2]
    assert len(work.begun) == 1


@pytest.mark.parametrize("cancelled", [None, 0])
async def test_nothing_is_kept_of_what_has_been_answered(cancelled: int | None) -> None:
    work, repeats = Work(), ConcurrentRepeats()
    asking = asyncio.create_task(repeats.share(wanted(), work))
    await asyncio.sleep(0)
    if cancelled is not None:
        asking.cancel()
    work.open.set()
    await asyncio.gather(asking, return_exceptions=True)
    assert repeats._under_way == {}
