"""The orders table at fulfilment, under every fault of one call."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from orders.errors import LeaseLost, OrderBusy, OrderNotFound, Unavailable
from orders.model import FailureReason, Order, OrderStatus
from orders.ports import Claim, Lease
from tests.support.fake_aws.wire import Fault
from tests.support.fake_shop import Calls, FakeShop, Process
from tests.support.virtual_clock import now, virtual_time
from tests.unit.orders.fakes import pending_order

MINE = Lease("me", 60_000)
THEIRS = Lease("them", 120_000)
AT = "1970-01-01T00:01:00.000000Z"


async def shop_with_order(calls: Calls) -> tuple[FakeShop, Process]:
    shop = FakeShop({"a": 5})
    process = shop.process(calls=calls)
    await process.inserter.insert(pending_order())
    return shop, process


async def claimed(process: Process, lease: Lease = MINE, now_ms: int = 0) -> Claim:
    claim = await process.store.claim("1", lease, now_ms)
    assert isinstance(claim, Claim)
    return claim


@virtual_time
async def test_an_order_is_read_as_last_written_and_nothing_is_none(calls: Calls) -> None:
    _, process = await shop_with_order(calls)
    assert await process.store.get("1") == pending_order()
    assert await process.store.get("2") is None


@virtual_time
async def test_a_pending_order_is_claimed_under_the_lease(calls: Calls) -> None:
    shop, process = await shop_with_order(calls)
    claim = await claimed(process)
    assert claim.order.status is OrderStatus.PROCESSING
    assert claim.failing is None
    assert shop.orders.text("1", "leaseOwner") == "me"
    assert shop.orders.number("1", "leaseExpiresAt") == 60_000


@virtual_time
async def test_a_running_lease_keeps_others_out_until_the_last_millisecond(calls: Calls) -> None:
    _, process = await shop_with_order(calls)
    await claimed(process)
    with pytest.raises(OrderBusy) as caught:
        await process.store.claim("1", THEIRS, 45_500)
    assert caught.value.retry_after_seconds == 14.5
    with pytest.raises(OrderBusy):
        await process.store.claim("1", THEIRS, 60_000)
    assert (await claimed(process, THEIRS, 60_001)).lease == THEIRS


@virtual_time
async def test_of_many_claims_of_one_order_at_a_time_one_gets_it_and_the_others_are_told(
    calls: Calls,
) -> None:
    shop, process = await shop_with_order(calls)
    other = shop.process(calls=calls)
    leases = [Lease(f"worker-{number}", 60_000) for number in range(100)]
    results = await asyncio.gather(
        *((process, other)[n % 2].store.claim("1", each, 0) for n, each in enumerate(leases)),
        return_exceptions=True,
    )
    (claim,) = [each for each in results if isinstance(each, Claim)]
    assert shop.orders.text("1", "leaseOwner") == claim.lease.owner
    assert sum(isinstance(each, OrderBusy) for each in results) == 99


@virtual_time
async def test_a_released_lease_keeps_nobody_out(calls: Calls) -> None:
    _, process = await shop_with_order(calls)
    claim = await claimed(process)
    await process.store.release(claim, 10_000)
    with pytest.raises(OrderBusy):
        await process.store.claim("1", THEIRS, 10_000)
    assert (await claimed(process, THEIRS, 10_001)).lease == THEIRS
    with pytest.raises(LeaseLost):
        await process.store.complete(claim, AT)


@virtual_time
async def test_whoever_was_overtaken_or_has_settled_releases_nothing(calls: Calls) -> None:
    shop, process = await shop_with_order(calls)
    mine = await claimed(process)
    theirs = await claimed(process, THEIRS, 60_001)
    await process.store.release(mine, 60_002)
    assert shop.orders.number("1", "leaseExpiresAt") == 120_000
    settled = await process.store.complete(theirs, AT)
    before = dict(shop.orders.items["1"])
    await process.store.release(theirs, 60_003)
    assert shop.orders.items["1"] == before
    assert settled == shop.order("1")


@virtual_time
async def test_a_claim_of_nothing_writes_nothing(calls: Calls) -> None:
    shop, process = await shop_with_order(calls)
    with pytest.raises(OrderNotFound):
        await process.store.claim("2", MINE, 0)
    assert set(shop.orders.items) == {"1"}


@virtual_time
async def test_a_claim_whose_answer_was_lost_is_ours_when_botocore_repeats_it(
    calls: Calls,
) -> None:
    _, process = await shop_with_order(calls)
    process.wire.fail_next(Fault.REPEATED)
    assert (await claimed(process)).lease == MINE


@virtual_time
async def test_a_claim_tells_of_a_failure_decided_earlier(calls: Calls) -> None:
    _, process = await shop_with_order(calls)
    await process.store.decide_failure(await claimed(process), FailureReason.OUT_OF_STOCK)
    again = await claimed(process, THEIRS, 60_001)
    assert again.failing is FailureReason.OUT_OF_STOCK


@virtual_time
async def test_completing_takes_the_stock_and_gives_the_lease_up(calls: Calls) -> None:
    shop, process = await shop_with_order(calls)
    order = await process.store.complete(await claimed(process), AT)
    assert order == shop.order("1")
    assert (order.status, order.settled_at) == (OrderStatus.COMPLETED, AT)
    assert shop.stock_left() == {"a": 3}
    assert "leaseOwner" not in shop.orders.items["1"]
    assert "leaseExpiresAt" not in shop.orders.items["1"]


@virtual_time
async def test_a_settled_order_is_returned_by_a_claim_as_it_is(calls: Calls) -> None:
    _, process = await shop_with_order(calls)
    completed = await process.store.complete(await claimed(process), AT)
    assert await process.store.claim("1", THEIRS, 999_999) == completed


@virtual_time
async def test_failing_keeps_the_stock_and_gives_the_lease_up(calls: Calls) -> None:
    shop, process = await shop_with_order(calls)
    order = await process.store.fail(await claimed(process), FailureReason.PAYMENT_DECLINED, AT)
    assert order == shop.order("1")
    assert (order.status, order.failure_reason) == (
        OrderStatus.FAILED,
        FailureReason.PAYMENT_DECLINED,
    )
    assert shop.stock_left() == {"a": 5}
    assert "leaseOwner" not in shop.orders.items["1"]


async def _complete(process: Process, claim: Claim) -> Order | None:
    return await process.store.complete(claim, AT)


async def _decide(process: Process, claim: Claim) -> Order | None:
    await process.store.decide_failure(claim, FailureReason.OUT_OF_STOCK)
    return None


async def _fail(process: Process, claim: Claim) -> Order | None:
    return await process.store.fail(claim, FailureReason.OUT_OF_STOCK, AT)


Step = Callable[[Process, Claim], Awaitable[Order | None]]
STEPS = pytest.mark.parametrize("step", [_complete, _decide, _fail])


@STEPS
@virtual_time
async def test_whoever_was_overtaken_writes_nothing(step: Step, calls: Calls) -> None:
    shop, process = await shop_with_order(calls)
    claim = await claimed(process)
    await claimed(process, THEIRS, 60_001)
    before = dict(shop.orders.items["1"])
    with pytest.raises(LeaseLost):
        await step(process, claim)
    assert shop.orders.items["1"] == before
    assert shop.stock_left() == {"a": 5}


@STEPS
@pytest.mark.parametrize("fault", [Fault.THROTTLED, Fault.BROKEN])
@virtual_time
async def test_a_step_that_aws_refuses_is_unavailable_and_wrote_nothing(
    step: Step, fault: Fault, calls: Calls
) -> None:
    shop, process = await shop_with_order(calls)
    claim = await claimed(process)
    before = dict(shop.orders.items["1"])
    process.wire.fail_next(fault)
    with pytest.raises(Unavailable):
        await step(process, claim)
    assert shop.orders.items["1"] == before


async def _claim(process: Process, _claim: Claim) -> Order | None:
    await process.store.claim("1", THEIRS, 60_001)
    return None


async def _release(process: Process, claim: Claim) -> Order | None:
    await process.store.release(claim, 1000)
    return None


@pytest.mark.parametrize("step", [_claim, _release, _complete, _decide, _fail])
@virtual_time
async def test_a_step_that_meets_a_transaction_is_taken_when_that_has_ended(
    step: Step, calls: Calls
) -> None:
    shop, process = await shop_with_order(calls)
    claim = await claimed(process)
    writes = len(shop.orders.history)
    shop.orders.held.add("1")
    asyncio.get_running_loop().call_later(0.0001, shop.orders.held.discard, "1")
    await step(process, claim)
    assert len(shop.orders.history) == writes + 1


@pytest.mark.parametrize("step", [_claim, _release, _decide, _fail])
@virtual_time
async def test_a_step_that_meets_transactions_only_is_unavailable_soon(
    step: Step, calls: Calls
) -> None:
    shop, process = await shop_with_order(calls)
    claim = await claimed(process)
    shop.orders.held.add("1")
    with pytest.raises(Unavailable, match="TransactionConflictException"):
        await step(process, claim)
    assert now() < 1.0


@virtual_time
async def test_a_pending_order_in_a_transaction_is_claimed_when_that_has_ended(
    calls: Calls,
) -> None:
    shop, process = await shop_with_order(calls)
    shop.orders.held.add("1")
    asyncio.get_running_loop().call_later(0.0001, shop.orders.held.discard, "1")
    assert (await claimed(process)).lease == MINE


@STEPS
@virtual_time
async def test_a_step_that_botocore_repeats_is_taken_once(step: Step, calls: Calls) -> None:
    shop, process = await shop_with_order(calls)
    claim = await claimed(process)
    process.wire.fail_next(Fault.REPEATED)
    settled = await step(process, claim)
    assert settled is None or settled == shop.order("1")
    taken = 2 if settled and settled.status is OrderStatus.COMPLETED else 0
    assert shop.stock_left() == {"a": 5 - taken}


@STEPS
@virtual_time
async def test_a_step_whose_answer_is_lost_does_not_claim_to_have_failed(
    step: Step, calls: Calls
) -> None:
    _, process = await shop_with_order(calls)
    claim = await claimed(process)
    process.wire.fail_next(Fault.LOST_ANSWER)
    with pytest.raises(Unavailable):
        await step(process, claim)


@virtual_time
async def test_an_order_that_is_going_to_fail_cannot_complete(calls: Calls) -> None:
    shop, process = await shop_with_order(calls)
    claim = await claimed(process)
    await process.store.decide_failure(claim, FailureReason.OUT_OF_STOCK)
    with pytest.raises(LeaseLost):
        await process.store.complete(claim, AT)
    assert shop.stock_left() == {"a": 5}


@virtual_time
async def test_a_completed_order_cannot_fail(calls: Calls) -> None:
    shop, process = await shop_with_order(calls)
    claim = await claimed(process)
    await process.store.complete(claim, AT)
    with pytest.raises(LeaseLost):
        await process.store.fail(claim, FailureReason.OUT_OF_STOCK, AT)
    assert shop.order("1").status is OrderStatus.COMPLETED


@pytest.mark.parametrize("fault", [Fault.THROTTLED, Fault.BROKEN, Fault.LOST_ANSWER])
@virtual_time
async def test_reads_and_claims_that_fail_are_unavailable(fault: Fault, calls: Calls) -> None:
    _, process = await shop_with_order(calls)
    process.wire.fail_next(fault)
    with pytest.raises(Unavailable):
        await process.store.get("1")
    process.wire.fail_next(fault)
    with pytest.raises(Unavailable):
        await process.store.claim("1", MINE, 0)
