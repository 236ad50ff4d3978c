"""The steps of fulfilment, each durable by itself.

`orders.fulfilment` puts them in order, and so does the workflow of Step Functions.

Every step is a conditional write or carries an idempotency key, so a crash between any two steps
ends, after another try, in the state that no crash would have led to.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from orders.clock import timestamp
from orders.model import FailureReason, Order
from orders.ports import ChargeOutcome, Claim, Lease, OrderStore, PaymentGateway


class FulfilmentSteps:
    """Claim, charge, complete; or decide a failure, refund, fail."""

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

    async def claim(self, order_id: str, owner: str) -> Claim | Order:
        """Take the order for work in the name of `owner`, or return it when it is settled.

        Raises:
            OrderBusy: another worker holds the order's lease; try again after it.
            OrderNotFound: no such order.
            Unavailable: the store did not answer.
        """
        now = self._now()
        lease = Lease(owner, int((now + self._lease_seconds) * 1000))
        return await self._store.claim(order_id, lease, int(now * 1000))

    async def charge(self, claim: Claim) -> bool:
        """Charge the order once; return whether the shop has the money.

        Where it has not, the order is to fail as declined. Ours are refunded only after the failure
        was decided, which the claim would carry: money that came back all the same was never the
        shop's to keep.

        Raises:
            Unavailable: not known whether the charge happened; ask again.
        """
        order = claim.order
        outcome = await self._payments.charge(order.order_id, order.order_id, order.total_cents)
        return outcome is ChargeOutcome.CHARGED

    async def complete(self, claim: Claim) -> Order:
        """Take the stock and settle as COMPLETED, both or neither.

        Raises:
            OutOfStock, LeaseLost: nothing was written.
            Unavailable: not known whether it was.
        """
        return await self._store.complete(claim, timestamp(self._now()))

    async def decide_failure(self, claim: Claim, reason: FailureReason) -> None:
        """Make durable that the order will fail: from here on nobody can complete it.

        Raises:
            LeaseLost: nothing was written.
            Unavailable: not known whether it was.
        """
        await self._store.decide_failure(claim, reason)

    async def refund(self, claim: Claim) -> None:
        """Give the money back, once; only after the failure was decided.

        Raises:
            Unavailable: not known whether it happened; ask again.
        """
        await self._payments.refund(claim.order.order_id)

    async def fail(self, claim: Claim, reason: FailureReason) -> Order:
        """Settle as FAILED.

        Raises:
            LeaseLost: nothing was written.
            Unavailable: not known whether it was.
        """
        return await self._store.fail(claim, reason, timestamp(self._now()))

    async def release(self, claim: Claim) -> None:
        """End the claim's lease, so that the next attempt need not wait for it.

        Raises:
            Unavailable: the store did not answer; the lease ends by itself.
        """
        await self._store.release(claim, int(self._now() * 1000))
