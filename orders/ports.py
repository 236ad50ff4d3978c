"""What the domain needs from the outside, as Protocols; `adapters` fulfils them on AWS."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

import msgspec

from orders.catalogue import Catalogue
from orders.model import FailureReason, Order


class Lease(msgspec.Struct, frozen=True):
    """The right to work on one order: a token of one attempt, and when it ends (epoch ms)."""

    owner: str
    expires_at_ms: int


class Claim(msgspec.Struct, frozen=True):
    """An order claimed under `lease`; `failing` is the failure an earlier attempt decided on."""

    order: Order
    lease: Lease
    failing: FailureReason | None = None


class ChargeOutcome(StrEnum):
    """What the payment provider answers; for a repeated key always the first answer."""

    CHARGED = "CHARGED"
    DECLINED = "DECLINED"
    REFUNDED = "REFUNDED"


class OrderInserter(Protocol):
    """Stores new orders."""

    async def insert(self, order: Order) -> bool:
        """Store a new order; False when its id is taken. Durable on return."""
        ...


class OrderReader(Protocol):
    """Reads single orders."""

    async def get(self, order_id: str) -> Order | None:
        """Return the order as last written, or None."""
        ...


class OrderStore(OrderReader, Protocol):
    """Moves orders along their lifecycle; each step is one conditional write."""

    async def claim(self, order_id: str, lease: Lease, now_ms: int) -> Claim | Order:
        """Take the order for work, or return it as it is when it is settled already.

        Raises:
            OrderBusy: another lease is still running.
            OrderNotFound: no such order.
        """
        ...

    async def release(self, claim: Claim, now_ms: int) -> None:
        """End the claim's lease, so that the next attempt need not wait for it.

        Nothing happens when the lease is no longer held.
        """
        ...

    async def complete(self, claim: Claim, settled_at: str) -> Order:
        """Take the stock and settle as COMPLETED, both or neither.

        Raises:
            OutOfStock: nothing was taken.
            LeaseLost: nothing was written.
        """
        ...

    async def decide_failure(self, claim: Claim, reason: FailureReason) -> None:
        """Make durable that the order will fail, before its money goes back.

        Raises:
            LeaseLost: nothing was written.
        """
        ...

    async def fail(self, claim: Claim, reason: FailureReason, settled_at: str) -> Order:
        """Settle as FAILED.

        Raises:
            LeaseLost: nothing was written.
        """
        ...


class PaymentGateway(Protocol):
    """The payment provider. Calls may be repeated: a key is charged and refunded once."""

    async def charge(self, idempotency_key: str, order_id: str, amount_cents: int) -> ChargeOutcome:
        """Charge once for this key; a repeated key gets the first answer."""
        ...

    async def refund(self, idempotency_key: str) -> None:
        """Give back what the key was charged; nothing happens the second time."""
        ...


class OrderPublisher(Protocol):
    """Announces stored orders to whoever fulfils them."""

    async def publish(self, order_id: str) -> None:
        """Return once the announcement is durable."""
        ...


class CatalogueSource(Protocol):
    """Where the current catalogue comes from."""

    @property
    def current(self) -> Catalogue:
        """The newest snapshot; reading it costs no call."""
        ...
