"""The simulated payment provider: takes its time, and keeps a ledger that the audit counts."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable

from adapters.payments.faults import NO_FAULTS, PaymentFault, PaymentFaults
from adapters.payments.gateway import RetryingPaymentGateway
from adapters.payments.ledger import LEDGER, Charge, Ledger
from orders.clock import timestamp
from orders.errors import Unavailable
from orders.ports import ChargeOutcome


class SimulatedPaymentProvider:
    """Fulfils `orders.ports.PaymentGateway`: charges each idempotency key once."""

    def __init__(
        self,
        ledger: Ledger,
        *,
        payment_seconds: float,
        faults: PaymentFaults = NO_FAULTS,
        source: random.Random | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._ledger = ledger
        self._payment_seconds = payment_seconds
        self._faults = faults
        self._random = source or random.Random()  # noqa: S311 - faults need no secrecy
        self._now = now

    async def charge(self, idempotency_key: str, order_id: str, amount_cents: int) -> ChargeOutcome:
        """Charge `amount_cents` once for this key, after `payment_seconds`.

        With a share of hanging charges some calls never return; their caller needs a time-out.

        Raises:
            Unavailable: the provider did not answer; the charge may have happened.
        """
        await asyncio.sleep(self._faults.seconds(self._payment_seconds, self._random))
        fault = self._faults.draw(self._random)
        declined = fault is PaymentFault.DECLINE
        charge = Charge(
            idempotency_key,
            order_id,
            amount_cents,
            timestamp(self._now()),
            ChargeOutcome.DECLINED if declined else ChargeOutcome.CHARGED,
        )
        if fault is None or declined:
            return await self._ledger.record(charge)
        return await self._go_wrong(fault, charge)

    async def _go_wrong(self, fault: PaymentFault, charge: Charge) -> ChargeOutcome:
        """Charge or not, as the fault has it, and tell the caller nothing either way."""
        if fault is PaymentFault.HANG:
            if self._random.getrandbits(1):
                await self._ledger.record(charge)
            await asyncio.Event().wait()
        if fault is PaymentFault.ERROR_AFTER:
            await self._ledger.record(charge)
        raise Unavailable(f"{LEDGER}: simulated error")

    async def refund(self, idempotency_key: str) -> None:
        """Give the money back once; a key without a charge, or refunded before, is left alone.

        Raises:
            Unavailable: the provider did not answer; the refund may have happened.
        """
        await self._ledger.refund(idempotency_key, timestamp(self._now()))


def simulated_payments(
    ledger: Ledger, *, payment_seconds: float, lease_seconds: float, faults: PaymentFaults
) -> RetryingPaymentGateway:
    """Return the provider as services meet it: asked again when it gave no answer."""
    provider = SimulatedPaymentProvider(ledger, payment_seconds=payment_seconds, faults=faults)
    return RetryingPaymentGateway(
        provider, payment_seconds=payment_seconds, lease_seconds=lease_seconds
    )
