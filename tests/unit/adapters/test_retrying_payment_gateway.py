"""Unknown outcomes end in an answer or in an error, never in a guess."""

from __future__ import annotations

import asyncio

import pytest

from adapters.payments.faults import PaymentFaults
from adapters.payments.gateway import (
    BACKOFF_CAP_SECONDS,
    MOST_ASKS,
    PATIENCE_SECONDS,
    RetryingPaymentGateway,
)
from adapters.payments.ledger import DynamoLedger
from adapters.payments.simulated_provider import SimulatedPaymentProvider
from orders.errors import Unavailable
from orders.ports import ChargeOutcome
from tests.support.fake_shop import FakeShop
from tests.support.virtual_clock import now, virtual_time

PAYMENT_SECONDS = 3.0
TIMEOUT_SECONDS = PAYMENT_SECONDS + PATIENCE_SECONDS
LEASE_SECONDS = 60.0


class Provider:
    """Answers as told, one answer a call: an error, an outcome, or None for no answer ever."""

    def __init__(self, *answers: ChargeOutcome | Exception | None) -> None:
        self.answers = list(answers)
        self.keys: list[str] = []

    async def charge(self, idempotency_key: str, order_id: str, amount_cents: int) -> ChargeOutcome:
        del order_id, amount_cents
        return await self._answer(idempotency_key)

    async def refund(self, idempotency_key: str) -> None:
        await self._answer(idempotency_key)

    async def _answer(self, key: str) -> ChargeOutcome:
        self.keys.append(key)
        answer = self.answers.pop(0)
        if answer is None:
            await asyncio.Event().wait()
        if isinstance(answer, Exception):
            raise answer
        assert answer is not None
        return answer


def retrying(provider: Provider, lease_seconds: float = LEASE_SECONDS) -> RetryingPaymentGateway:
    return RetryingPaymentGateway(
        provider, payment_seconds=PAYMENT_SECONDS, lease_seconds=lease_seconds
    )


@virtual_time
@pytest.mark.parametrize("outcome", ChargeOutcome)
async def test_an_answer_is_an_answer(outcome: ChargeOutcome) -> None:
    provider = Provider(outcome)
    assert await retrying(provider).charge("key", "order", 1999) is outcome
    assert provider.keys == ["key"]


@virtual_time
async def test_after_an_error_the_same_key_is_asked_again() -> None:
    provider = Provider(Unavailable("?"), Unavailable("?"), ChargeOutcome.CHARGED)
    assert await retrying(provider).charge("key", "order", 1999) is ChargeOutcome.CHARGED
    assert provider.keys == ["key"] * 3


@virtual_time
async def test_without_an_answer_the_same_key_is_asked_again_after_the_time_out() -> None:
    provider = Provider(None, ChargeOutcome.DECLINED)
    assert await retrying(provider).charge("key", "order", 1999) is ChargeOutcome.DECLINED
    assert provider.keys == ["key"] * 2
    assert TIMEOUT_SECONDS <= now() <= TIMEOUT_SECONDS + BACKOFF_CAP_SECONDS


@virtual_time
async def test_a_provider_that_stays_silent_is_given_up_and_nothing_guessed() -> None:
    provider = Provider(*[None] * MOST_ASKS, ChargeOutcome.CHARGED)
    with pytest.raises(Unavailable, match="no answer within 8 s"):
        await retrying(provider).charge("key", "order", 1999)
    assert len(provider.answers) == 1


@virtual_time
async def test_no_ask_begins_that_could_outlive_the_lease() -> None:
    provider = Provider(None, None, None)
    with pytest.raises(Unavailable):
        await retrying(provider, lease_seconds=2.5 * TIMEOUT_SECONDS).charge("key", "order", 1)
    assert provider.keys == ["key"] * 2
    assert now() <= 2.5 * TIMEOUT_SECONDS


@virtual_time
async def test_an_unforeseen_error_is_not_asked_again() -> None:
    provider = Provider(ZeroDivisionError(), ChargeOutcome.CHARGED)
    with pytest.raises(ZeroDivisionError):
        await retrying(provider).charge("key", "order", 1999)


@virtual_time
async def test_refunds_are_asked_for_again_as_well() -> None:
    provider = Provider(Unavailable("?"), None, ChargeOutcome.REFUNDED)
    await retrying(provider).refund("key")
    assert provider.keys == ["key"] * 3


@virtual_time
@pytest.mark.parametrize(
    "faults",
    [
        PaymentFaults(error_before_rate=0.6),
        PaymentFaults(error_after_rate=0.6),
        PaymentFaults(hang_rate=0.6),
    ],
)
async def test_whatever_a_provider_does_a_key_is_charged_at_most_once(
    faults: PaymentFaults,
) -> None:
    shop = FakeShop({})
    provider = SimulatedPaymentProvider(
        DynamoLedger(shop.aws.connect().dynamodb, "payments"),
        payment_seconds=PAYMENT_SECONDS,
        faults=faults,
        now=now,
    )
    gateway = RetryingPaymentGateway(
        provider, payment_seconds=PAYMENT_SECONDS, lease_seconds=LEASE_SECONDS
    )
    charges = (gateway.charge(f"key-{each}", "order", 1999) for each in range(100))
    answers = await asyncio.gather(*charges, return_exceptions=True)
    known = [each for each in answers if each is ChargeOutcome.CHARGED]
    unknown = [each for each in answers if isinstance(each, Unavailable)]
    assert known
    assert unknown
    assert len(known) + len(unknown) == 100
    assert len(known) <= len(shop.payments.items) == len(shop.payments.history)
