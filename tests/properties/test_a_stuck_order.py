"""An order that a dead process had claimed, asked for again on the other endpoint."""

from __future__ import annotations

import asyncio

import pytest

from orders.lifecycle import SETTLED
from orders.request import ItemRequest, OrderRequest
from tests.properties.fleet import Member
from tests.support.fake_aws.wire import Fault, ProcessCrash, Wire
from tests.support.fake_shop import VISIBILITY_SECONDS, FakeShop
from tests.support.virtual_clock import virtual_time

ORDER = OrderRequest(customer_id="c", items=[ItemRequest("a", 1)], order_id="1")
CLAIM = 1  # the call after the insert


@virtual_time
async def test_what_was_accepted_is_settled_whoever_claimed_it_before() -> None:
    shop = FakeShop({"a": 5})
    dying = Member(shop, shop.process(Wire(faults={CLAIM: Fault.CRASH_AFTER})))
    with pytest.raises(ProcessCrash):
        await dying.wire.run(dying.settle(ORDER))
    assert await Member(shop, shop.process()).accept(ORDER)
    for _ in range(3):
        await asyncio.sleep(VISIBILITY_SECONDS)
        await Member(shop, shop.process()).poll()
    assert shop.order("1").status in SETTLED
