"""The one use case of the house: claim, charge, take stock and complete, exactly once in effect.

Every step is a conditional write or carries an idempotency key, so a crash between any two steps
ends, after redelivery, in the state that no crash would have led to.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from contextlib import suppress

from orders.clock import timestamp
from orders.errors import OutOfStock, Unavailable
from orders.model import FailureReason, Order
from orders.ports import ChargeOutcome, Claim, Lease, OrderStore, PaymentGateway


class Fulfilment:
    """Settles orders; safe to call again for the same order, at the same time or later."""

    def __init__(
        self,
        *,
        store: OrderStore,
        payments: PaymentGateway,
        lease_seconds: float,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._payments = payments
        self._lease_seconds = lease_seconds
        self._now = now

    async def fulfil(self, order_id: str) -> Order:
        """Settle the order and return it; a settled order is returned as it is.

        Raises:
            OrderBusy: another worker holds the order's lease; try again after it.
            OrderNotFound: no such order.
            LeaseLost: this attempt took longer than its lease and was overtaken.
            Unavailable: a store or the payment provider did not answer; try again, the lease is
                given up where that was still possible.
        """
        now = self._now()
        lease = Lease(uuid.uuid4().hex, int((now + self._lease_seconds) * 1000))
        claim = await self._store.claim(order_id, lease, int(now * 1000))
        if isinstance(claim, Order):
            return claim
        try:
            return await self._settle(claim)
        except Unavailable:
            # What is unknown now is asked again by whoever comes next, and that may be at once.
            with suppress(Unavailable):
                await self._store.release(claim, int(self._now() * 1000))
            raise

    async def _settle(self, claim: Claim) -> Order:
        if claim.failing is not None:
            return await self._fail(claim, claim.failing)
        return await self._pay_and_complete(claim)

    async def _pay_and_complete(self, claim: Claim) -> Order:
        order = claim.order
        outcome = await self._payments.charge(order.order_id, order.order_id, order.total_cents)
        if outcome is not ChargeOutcome.CHARGED:
            # Ours are refunded only after the failure was decided, which the claim would carry:
            # money that came back all the same was never the shop's to keep.
            reason = FailureReason.PAYMENT_DECLINED
            return await self._store.fail(claim, reason, timestamp(self._now()))
        try:
            return await self._store.complete(claim, timestamp(self._now()))
        except OutOfStock:
            await self._store.decide_failure(claim, FailureReason.OUT_OF_STOCK)
            return await self._fail(claim, FailureReason.OUT_OF_STOCK)

    async def _fail(self, claim: Claim, reason: FailureReason) -> Order:
        """Refund, then settle. The decision is durable by now, so nobody can complete instead."""
        await self._payments.refund(claim.order.order_id)
        return await self._store.fail(claim, reason, timestamp(self._now()))
