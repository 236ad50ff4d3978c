"""The domain's ports in memory, with a diary of what was asked of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from orders.catalogue import Catalogue
from orders.errors import LeaseLost, OrderBusy, OrderNotFound, OutOfStock, Unavailable
from orders.lifecycle import SETTLED
from orders.model import FailureReason, Order, OrderLine, OrderStatus, Product
from orders.ports import ChargeOutcome, Claim, Lease


class Crash(BaseException):
    """The process is gone."""


@dataclass
class Diary:
    """What happened, in order; the process dies after `steps_to_live` further entries.

    Nobody answers to the steps in `unanswered`.
    """

    entries: list[str] = field(default_factory=list)
    steps_to_live: int | None = None
    unanswered: set[str] = field(default_factory=set)

    def note(self, entry: str) -> None:
        """Write an entry, unless the process has died."""
        if self.steps_to_live == 0:
            raise Crash
        if self.steps_to_live is not None:
            self.steps_to_live -= 1
        if entry in self.unanswered:
            raise Unavailable(entry)
        self.entries.append(entry)


def pending_order(order_id: str = "1", *, units: int = 2) -> Order:
    """Return an order for `units` of product `a`."""
    return Order(
        order_id=order_id,
        customer_id="c",
        items=(OrderLine("a", units, 500),),
        total_cents=500 * units,
        status=OrderStatus.PENDING,
        created_at="1970-01-01T00:00:00.000000Z",
        content_hash="hash",
    )


class MemoryOrders:
    """Inserter, reader and store over a dictionary; the stock is one number a product."""

    def __init__(self, diary: Diary, *orders: Order, stock: Mapping[str, int]) -> None:
        self.diary = diary
        self.orders = {order.order_id: order for order in orders}
        self.stock = dict(stock)
        self.leases: dict[str, Lease] = {}
        self.failing: dict[str, FailureReason] = {}
        self.reads = 0

    async def insert(self, order: Order) -> bool:
        """Store the order unless its id is taken."""
        if order.order_id in self.orders:
            return False
        self.orders[order.order_id] = order
        return True

    async def get(self, order_id: str) -> Order | None:
        """Return the order."""
        self.reads += 1
        return self.orders.get(order_id)

    async def claim(self, order_id: str, lease: Lease, now_ms: int) -> Claim | Order:
        """Take the order for work, or return it settled."""
        order = self.orders.get(order_id)
        if order is None:
            raise OrderNotFound(order_id)
        if order.status in SETTLED:
            return order
        running = self.leases.get(order_id)
        if running is not None and running.expires_at_ms >= now_ms:
            raise OrderBusy(order_id, (running.expires_at_ms - now_ms) / 1000)
        self.diary.note("claim")
        self.leases[order_id] = lease
        claimed = self._set(order, OrderStatus.PROCESSING)
        return Claim(claimed, lease, self.failing.get(order_id))

    async def release(self, claim: Claim, now_ms: int) -> None:
        """End the lease, unless another has it."""
        if self.leases[claim.order.order_id] == claim.lease:
            self.diary.note("release")
            self.leases[claim.order.order_id] = msgspec.structs.replace(
                claim.lease, expires_at_ms=now_ms
            )

    async def complete(self, claim: Claim, settled_at: str) -> Order:
        """Take the stock and settle."""
        self._check_lease(claim)
        units = claim.order.units_by_product()
        if any(self.stock[product] < wanted for product, wanted in units.items()):
            raise OutOfStock(claim.order.order_id)
        self.diary.note("complete")
        for product, wanted in units.items():
            self.stock[product] -= wanted
        return self._set(claim.order, OrderStatus.COMPLETED, settled_at=settled_at)

    async def decide_failure(self, claim: Claim, reason: FailureReason) -> None:
        """Remember that the order will fail."""
        self._check_lease(claim)
        self.diary.note("decide")
        self.failing[claim.order.order_id] = reason

    async def fail(self, claim: Claim, reason: FailureReason, settled_at: str) -> Order:
        """Settle as FAILED."""
        self._check_lease(claim)
        self.diary.note("fail")
        failed = msgspec.structs.replace(claim.order, failure_reason=reason)
        return self._set(failed, OrderStatus.FAILED, settled_at=settled_at)

    def _check_lease(self, claim: Claim) -> None:
        if self.leases[claim.order.order_id] != claim.lease:
            raise LeaseLost(claim.order.order_id)

    def _set(self, order: Order, status: OrderStatus, *, settled_at: str | None = None) -> Order:
        order = msgspec.structs.replace(order, status=status, settled_at=settled_at)
        self.orders[order.order_id] = order
        return order


class MemoryPayments:
    """A provider that charges each key once, or declines it."""

    def __init__(self, diary: Diary, first_answer: ChargeOutcome = ChargeOutcome.CHARGED) -> None:
        self._diary = diary
        self._first_answer = first_answer
        self.ledger: dict[str, tuple[ChargeOutcome, int]] = {}

    async def charge(self, idempotency_key: str, order_id: str, amount_cents: int) -> ChargeOutcome:
        """Charge, or repeat the first answer."""
        assert order_id
        self._diary.note("charge")
        self.ledger.setdefault(idempotency_key, (self._first_answer, amount_cents))
        return self.ledger[idempotency_key][0]

    async def refund(self, idempotency_key: str) -> None:
        """Give the money back."""
        self._diary.note("refund")
        outcome, amount = self.ledger[idempotency_key]
        if outcome is ChargeOutcome.CHARGED:
            self.ledger[idempotency_key] = (ChargeOutcome.REFUNDED, amount)


@dataclass
class Shelf:
    """A catalogue with one product, `a`, whose price can change and which can be taken out."""

    price_cents: int = 500
    is_listed: bool = True

    @property
    def current(self) -> Catalogue:
        """The newest snapshot."""
        product = Product(product_id="a", name="A", price_cents=self.price_cents, stock=9)
        return Catalogue([product] if self.is_listed else [])
