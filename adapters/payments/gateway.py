"""Resolves unknown outcomes of payments by asking again with the same key, never by guessing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from kit.retry import full_jitter
from orders.errors import Unavailable
from orders.ports import ChargeOutcome, PaymentGateway

T = TypeVar("T")

# The provider's usual time and so much more: then no answer is expected any longer.
PATIENCE_SECONDS = 5.0
MOST_ASKS = 3
BACKOFF_BASE_SECONDS = 0.1
BACKOFF_CAP_SECONDS = 1.0


class RetryingPaymentGateway:
    """Fulfils `orders.ports.PaymentGateway` over another one that may fail or never answer.

    Each ask ends after `payment_seconds` + `PATIENCE_SECONDS`. There are up to `MOST_ASKS` of them,
    and none begins that could end after `lease_seconds`: the order would belong to somebody else.
    """

    def __init__(
        self, provider: PaymentGateway, *, payment_seconds: float, lease_seconds: float
    ) -> None:
        self._provider = provider
        self._timeout_seconds = payment_seconds + PATIENCE_SECONDS
        self._lease_seconds = lease_seconds

    async def charge(self, idempotency_key: str, order_id: str, amount_cents: int) -> ChargeOutcome:
        """Charge once for this key.

        Raises:
            Unavailable: still not known whether the charge happened; ask again later.
        """
        return await self._ask(
            lambda: self._provider.charge(idempotency_key, order_id, amount_cents)
        )

    async def refund(self, idempotency_key: str) -> None:
        """Give back what the key was charged, once.

        Raises:
            Unavailable: still not known whether the refund happened; ask again later.
        """
        await self._ask(lambda: self._provider.refund(idempotency_key))

    async def _ask(self, call: Callable[[], Awaitable[T]]) -> T:
        now = asyncio.get_running_loop().time
        last_start = now() + self._lease_seconds - self._timeout_seconds
        for asked in range(MOST_ASKS):
            try:
                async with asyncio.timeout(self._timeout_seconds):
                    return await call()
            except TimeoutError:
                problem = Unavailable(f"no answer within {self._timeout_seconds:g} s of payment")
            except Unavailable as error:
                problem = error
            pause = full_jitter(
                asked, base_seconds=BACKOFF_BASE_SECONDS, cap_seconds=BACKOFF_CAP_SECONDS
            )
            if asked + 1 == MOST_ASKS or now() + pause > last_start:
                break
            await asyncio.sleep(pause)
        raise problem
