from __future__ import annotations

import asyncio
import random

import pytest

from adapters.aws.statement_batcher import StatementBatcher
from adapters.payments.faults import NO_FAULTS, PaymentFaults
from adapters.payments.ledger import BatchedLedger, DynamoLedger, Ledger
from adapters.payments.simulated_provider import SimulatedPaymentProvider
from orders.clock import timestamp
from orders.errors import Unavailable
from orders.ports import ChargeOutcome
from tests.support.fake_aws.wire import Fault, Wire
from tests.support.fake_shop import Calls, FakeShop
from tests.support.virtual_clock import now, virtual_time

PAYMENT_SECONDS = 3.0


def provider(
    shop: FakeShop, *, calls: Calls, faults: PaymentFaults = NO_FAULTS
) -> tuple[SimulatedPaymentProvider, Wire]:
    clients = shop.aws.connect()
    plain = DynamoLedger(clients.dynamodb, "payments")
    ledger: Ledger = plain
    if calls is Calls.BATCHED:
        ledger = BatchedLedger(plain, StatementBatcher(clients.dynamodb))
    gateway = SimulatedPaymentProvider(
        ledger,
        payment_seconds=PAYMENT_SECONDS,
        faults=faults,
        source=random.Random(1),  # noqa: S311 - repeatable on purpose
        now=now,
    )
    return gateway, clients.wire


@virtual_time
async def test_a_charge_takes_its_time_and_is_written_down(calls: Calls) -> None:
    shop = FakeShop({})
    gateway, _ = provider(shop, calls=calls)
    assert await gateway.charge("key", "order", 1999) is ChargeOutcome.CHARGED
    assert now() == pytest.approx(PAYMENT_SECONDS, abs=0.01)
    assert shop.payments.items["key"] == {
        "idempotencyKey": {"S": "key"},
        "orderId": {"S": "order"},
        "amountCents": {"N": "1999"},
        "status": {"S": "CHARGED"},
        "chargedAt": {"S": timestamp(PAYMENT_SECONDS)},
    }


@virtual_time
async def test_a_key_is_charged_once_however_often_and_at_once(calls: Calls) -> None:
    shop = FakeShop({})
    gateway, _ = provider(shop, calls=calls)
    outcomes = await asyncio.gather(*(gateway.charge("key", "order", 1999) for _ in range(5)))
    assert set(outcomes) == {ChargeOutcome.CHARGED}
    assert len(shop.payments.history) == 1


@virtual_time
async def test_a_charge_whose_answer_was_lost_is_not_repeated(calls: Calls) -> None:
    shop = FakeShop({})
    gateway, wire = provider(shop, calls=calls)
    wire.fail_next(Fault.LOST_ANSWER)
    with pytest.raises(Unavailable):
        await gateway.charge("key", "order", 1999)
    assert await gateway.charge("key", "order", 1999) is ChargeOutcome.CHARGED
    assert len(shop.payments.history) == 1


@virtual_time
async def test_a_refund_happens_once_and_keeps_the_charge_in_the_ledger(calls: Calls) -> None:
    shop = FakeShop({})
    gateway, _ = provider(shop, calls=calls)
    await gateway.charge("key", "order", 1999)
    await asyncio.gather(gateway.refund("key"), gateway.refund("key"))
    assert shop.payments.text("key", "status") == "REFUNDED"
    assert shop.payments.text("key", "refundedAt") == timestamp(now())
    assert shop.payments.number("key", "amountCents") == 1999
    assert len(shop.payments.history) == 2


@virtual_time
async def test_a_refunded_key_is_never_charged_again(calls: Calls) -> None:
    shop = FakeShop({})
    gateway, _ = provider(shop, calls=calls)
    await gateway.charge("key", "order", 1999)
    await gateway.refund("key")
    assert await gateway.charge("key", "order", 1999) is ChargeOutcome.REFUNDED
    assert shop.payments.text("key", "status") == "REFUNDED"


@virtual_time
async def test_a_refund_without_a_charge_does_nothing(calls: Calls) -> None:
    shop = FakeShop({})
    gateway, _ = provider(shop, calls=calls)
    await gateway.refund("key")
    assert shop.payments.items == {}


@pytest.mark.parametrize("fault", [Fault.THROTTLED, Fault.BROKEN])
@virtual_time
async def test_a_ledger_that_refuses_is_unavailable_and_unchanged(
    fault: Fault, calls: Calls
) -> None:
    shop = FakeShop({})
    gateway, wire = provider(shop, calls=calls)
    wire.fail_next(fault)
    with pytest.raises(Unavailable, match="payment ledger"):
        await gateway.charge("key", "order", 1999)
    assert shop.payments.items == {}
    await gateway.charge("key", "order", 1999)
    wire.fail_next(fault)
    with pytest.raises(Unavailable, match="payment ledger"):
        await gateway.refund("key")
    assert shop.payments.text("key", "status") == "CHARGED"


@virtual_time
async def test_a_charge_and_a_refund_that_meet_a_transaction_are_written_when_it_has_ended(
    calls: Calls,
) -> None:
    shop = FakeShop({})
    gateway, _ = provider(shop, calls=calls)

    def hold(until_seconds: float) -> None:
        shop.payments.held.add("key")
        loop = asyncio.get_running_loop()
        loop.call_at(until_seconds, shop.payments.held.discard, "key")

    hold(PAYMENT_SECONDS + 0.001)
    assert await gateway.charge("key", "order", 1999) is ChargeOutcome.CHARGED
    hold(now() + 0.001)
    await gateway.refund("key")
    assert shop.payments.text("key", "status") == "REFUNDED"
    assert len(shop.payments.history) == 2


@virtual_time
async def test_a_refund_whose_answer_was_lost_is_unavailable(calls: Calls) -> None:
    shop = FakeShop({})
    gateway, wire = provider(shop, calls=calls)
    await gateway.charge("key", "order", 1999)
    wire.fail_next(Fault.LOST_ANSWER)
    with pytest.raises(Unavailable):
        await gateway.refund("key")
    await gateway.refund("key")
    assert shop.payments.text("key", "status") == "REFUNDED"


@virtual_time
async def test_a_declined_charge_stays_declined_however_often_it_is_asked_for(calls: Calls) -> None:
    shop = FakeShop({})
    declining, _ = provider(shop, calls=calls, faults=PaymentFaults(decline_rate=1))
    assert await declining.charge("key", "order", 1999) is ChargeOutcome.DECLINED
    sound, _ = provider(shop, calls=calls)
    assert await sound.charge("key", "order", 1999) is ChargeOutcome.DECLINED
    assert shop.payments.text("key", "status") == "DECLINED"
    assert len(shop.payments.history) == 1


@virtual_time
async def test_an_error_before_the_charge_leaves_the_ledger_alone(calls: Calls) -> None:
    shop = FakeShop({})
    failing, _ = provider(shop, calls=calls, faults=PaymentFaults(error_before_rate=1))
    with pytest.raises(Unavailable):
        await failing.charge("key", "order", 1999)
    assert shop.payments.items == {}


@virtual_time
async def test_an_error_after_the_charge_is_one_charge_that_the_next_ask_finds(
    calls: Calls,
) -> None:
    shop = FakeShop({})
    failing, _ = provider(shop, calls=calls, faults=PaymentFaults(error_after_rate=1))
    with pytest.raises(Unavailable):
        await failing.charge("key", "order", 1999)
    assert shop.payments.text("key", "status") == "CHARGED"
    sound, _ = provider(shop, calls=calls)
    assert await sound.charge("key", "order", 1999) is ChargeOutcome.CHARGED
    assert len(shop.payments.history) == 1


@virtual_time
async def test_half_of_the_charges_that_are_never_answered_happened(calls: Calls) -> None:
    shop = FakeShop({})
    hanging, _ = provider(shop, calls=calls, faults=PaymentFaults(hang_rate=1))
    charges = (hanging.charge(f"key-{each}", "order", 1999) for each in range(100))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(3600):
            await asyncio.gather(*charges)
    assert 20 < len(shop.payments.items) < 80
