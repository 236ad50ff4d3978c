"""An order that is stuck after a crash, republished by an operator as often as he likes."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ops.republish import Topic
from orders.lifecycle import SETTLED
from orders.message import encode_order_placed
from orders.request import ItemRequest, OrderRequest
from tests.properties.fleet import Member
from tests.support.fake_aws.queues import Mischief
from tests.support.fake_aws.wire import Fault, ProcessCrash, Wire
from tests.support.fake_shop import LEASE_SECONDS, VISIBILITY_SECONDS, FakeShop
from tests.support.virtual_clock import run

ORDERS = 3
crashes = st.fixed_dictionaries(
    {},
    optional={
        number: st.sampled_from([Fault.CRASH_BEFORE, Fault.CRASH_AFTER]) for number in range(7)
    },
)


class OperatorSns:
    """An operator's synchronous client of the shop's topic."""

    def __init__(self, shop: FakeShop) -> None:
        self._topic = shop.topic

    def publish_batch(self, **request: Any) -> dict[str, Any]:
        assert request["TopicArn"] == self._topic.arn
        entries = request["PublishBatchRequestEntries"]
        for entry in entries:
            self._topic.publish(entry["Message"])
        return {"Successful": [{"Id": entry["Id"]} for entry in entries]}


async def place_and_crash(shop: FakeShop, number: int, faults: dict[int, Fault]) -> None:
    """Place an order on either endpoint, on a process that dies at some call."""
    order = OrderRequest(
        customer_id="c", items=[ItemRequest("a", 1 + number % 2)], order_id=f"order-{number}"
    )
    member = Member(shop, shop.process(Wire(faults=faults)))
    with suppress(ProcessCrash):
        await member.wire.run(member.settle(order) if number % 2 else member.accept(order))


async def story(faults: list[dict[int, Fault]], pauses: list[float], seed: int) -> FakeShop:
    """Let orders get stuck, reconcile at these moments, and work the queue off."""
    shop = FakeShop({"a": 3}, mischief=Mischief(seed=seed, shuffled=True, duplicate=0.2))
    for number, plan in enumerate(faults):
        await place_and_crash(shop, number, plan)
    topic = Topic(OperatorSns(shop), shop.topic.arn)
    for pause in [*pauses, 2 * LEASE_SECONDS]:
        await asyncio.sleep(pause)
        left = [key for key, order in shop.all_orders().items() if order.status not in SETTLED]
        if left:
            messages = [encode_order_placed(order_id) for order_id in left]
            assert topic.publish(messages) == [None] * len(left)
        await Member(shop, shop.process()).poll()
        shop.audit()
    for _ in range(4):
        await asyncio.sleep(VISIBILITY_SECONDS)
        await Member(shop, shop.process()).poll()
    return shop


@given(
    st.lists(crashes, min_size=ORDERS, max_size=ORDERS),
    st.lists(st.floats(0, 2 * LEASE_SECONDS), max_size=3),
    st.integers(0, 20),
)
def test_is_settled_once_whatever_call_was_the_last_and_whenever_it_is_republished(
    faults: list[dict[int, Fault]], pauses: list[float], seed: int
) -> None:
    shop = run(story(faults, pauses, seed))
    shop.audit()
    assert all(order.status in SETTLED for order in shop.all_orders().values())
