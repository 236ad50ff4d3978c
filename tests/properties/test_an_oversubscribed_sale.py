"""A hundred units and a thousand buyers at once: exactly a hundred get one."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from orders.model import OrderStatus
from orders.request import ItemRequest, OrderRequest
from tests.properties.fleet import Member
from tests.support.fake_aws.queues import Mischief
from tests.support.fake_shop import Calls, FakeShop
from tests.support.virtual_clock import virtual_time

pytestmark = pytest.mark.exhaustive

UNITS = 100
BUYERS = 1000
WORKERS = 4
POLLS_AT_ONCE = 5


@pytest.mark.parametrize("calls", Calls)
@virtual_time
async def test_nobody_gets_what_is_not_there_and_nobody_pays_for_it(calls: Calls) -> None:
    mischief = Mischief(seed=1, shuffled=True, duplicate=0.1)
    shop = FakeShop({"hot": UNITS}, mischief=mischief, transaction_seconds=0.005)
    receiver = Member(shop, shop.process())
    orders = [
        OrderRequest(customer_id=n, items=[ItemRequest("hot", 1)], order_id=str(n))
        for n in range(BUYERS)
    ]
    assert all(await asyncio.gather(*map(receiver.accept, orders)))

    async def work(member: Member) -> None:
        while shop.queue.messages:
            await member.poll(wait_seconds=20)

    workers = [Member(shop, shop.process(calls=calls)) for _ in range(WORKERS)]
    await asyncio.gather(*(work(each) for each in workers for _ in range(POLLS_AT_ONCE)))

    shop.audit()
    statuses = Counter(order.status for order in shop.all_orders().values())
    assert statuses == {OrderStatus.COMPLETED: UNITS, OrderStatus.FAILED: BUYERS - UNITS}
    assert shop.stock_left() == {"hot": 0}
    ledger = Counter(shop.payments.text(str(n), "status") for n in range(BUYERS))
    assert ledger == {"CHARGED": UNITS, "REFUNDED": BUYERS - UNITS}
