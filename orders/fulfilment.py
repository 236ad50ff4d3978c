"""The one use case of the house: claim, charge, take stock and complete, exactly once in effect."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from contextlib import suppress

from orders.errors import OutOfStock, Unavailable
from orders.model import FailureReason, Order
from orders.ports import Claim, OrderStore, PaymentGateway
from orders.steps import FulfilmentSteps


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
        self._steps = FulfilmentSteps(
            store=store, payments=payments, lease_seconds=lease_seconds, now=now
        )

    async def fulfil(self, order_id: str) -> Order:
        """Settle the order and return it; a settled order is returned as it is.

        Raises:
            OrderBusy: another worker holds the order's lease; try again after it.
            OrderNotFound: no such order.
            LeaseLost: this attempt took longer than its lease and was overtaken.
            Unavailable: a store or the payment provider did not answer; try again, the lease is
                given up where that was still possible.
        """
        claim = await self._steps.claim(order_id, uuid.uuid4().hex)
        if isinstance(claim, Order):
            return claim
        try:
            return await self._settle(claim)
        except Unavailable:
            # What is unknown now is asked again by whoever comes next, and that may be at once.
            with suppress(Unavailable):
                await self._steps.release(claim)
            raise

    async def _settle(self, claim: Claim) -> Order:
        if claim.failing is not None:
            return await self._fail(claim, claim.failing)
        if not await self._steps.charge(claim):
            return await self._steps.fail(claim, FailureReason.PAYMENT_DECLINED)
        try:
            return await self._steps.complete(claim)
        except OutOfStock:
            await self._steps.decide_failure(claim, FailureReason.OUT_OF_STOCK)
            return await self._fail(claim, FailureReason.OUT_OF_STOCK)

    async def _fail(self, claim: Claim, reason: FailureReason) -> Order:
        """Refund, then settle. The decision is durable by now, so nobody can complete instead."""
        await self._steps.refund(claim)
        return await self._steps.fail(claim, reason)
