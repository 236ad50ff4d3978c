"""Which orders of a group can still be completed in one transaction, as far as is known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Self

import msgspec

from adapters.aws.fast.dynamodb import CancellationReason
from adapters.orders.lease import settled_before
from orders.errors import LeaseLost, OutOfStock, Unavailable
from orders.model import Order, OrderStatus
from orders.ports import Claim

Refusals = Mapping[str, CancellationReason]
"""Why a transaction was cancelled: the reason by the name of the order or product."""
# Another transaction held one of the items, or DynamoDB was short of capacity: nothing was decided.
UNDECIDED = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
_CONDITION_FAILED = "ConditionalCheckFailed"


class Completion(msgspec.Struct, frozen=True):
    """One order to complete, and the units that it takes of each product."""

    claim: Claim
    settled_at: str
    units: dict[str, int]

    @classmethod
    def of(cls, claim: Claim, settled_at: str) -> Self:
        """Return the completion of a claimed order."""
        return cls(claim, settled_at, claim.order.units_by_product())

    @property
    def writes(self) -> int:
        """How many writes it adds to a transaction at most: its own, and one for each product."""
        return 1 + len(self.units)

    @property
    def name(self) -> str:
        """What its own write is called."""
        return f"order {self.claim.order.order_id}"


def product_name(product_id: str) -> str:
    """Return what the write of a product is called."""
    return f"product {product_id}"


class CompletionGroup:
    """The orders of one batch, and what became of each.

    A refused transaction names what refused it: the orders that are why hear so, and the others
    try again without them.
    """

    def __init__(self, batch: Sequence[Completion]) -> None:
        self._batch = batch
        self._results: dict[int, Order | Exception] = {}
        self._waiting = list(range(len(batch)))
        self._together: list[int] = []
        self._left: dict[str, int] = {}

    @property
    def results(self) -> list[Order | Exception]:
        """What became of each order of the batch; Unavailable while that is not known."""
        return [self._results.get(i) or _crowded(each) for i, each in enumerate(self._batch)]

    def next(self) -> list[Completion]:
        """Return the orders to try together now: all, or as many as the stock last seen allows."""
        self._together = self._fitting()
        return [self._batch[index] for index in self._together]

    def completed(self) -> None:
        """The transaction with `next` was written."""
        for index in self._together:
            self._end(index, _completed(self._batch[index]))

    def refused(self, refusals: Refusals) -> bool:
        """The transaction with `next` was cancelled; return whether that decided any order."""
        self._left = dict(_stock_seen(refusals))
        before = len(self._waiting)
        for index in list(self._waiting):
            each = self._batch[index]
            ending = index in self._together and _told_by_its_own(each, refusals.get(each.name))
            ending = ending or self._told_by_its_products(each, refusals)
            if ending:
                self._end(index, ending)
        return len(self._waiting) < before

    def _told_by_its_products(self, completion: Completion, refusals: Refusals) -> Exception | None:
        for product_id, units in completion.units.items():
            reason = refusals.get(product_name(product_id))
            if reason is None or is_undecided(reason):
                continue
            if reason.code != _CONDITION_FAILED:
                return _unavailable(product_name(product_id), reason)
            # A product that is not there has no stock.
            if units > self._left.get(product_id, 0):
                return OutOfStock(completion.claim.order.order_id)
        return None

    def _end(self, index: int, result: Order | Exception) -> None:
        self._results[index] = result
        self._waiting.remove(index)

    def _fitting(self) -> list[int]:
        """Return who gets something while what is left lasts, first come, first served.

        A transaction takes an item once: the repeat of an order waits for the first one's end.
        """
        left = dict(self._left)
        fitting: dict[str, int] = {}
        for index in self._waiting:
            each = self._batch[index]
            short = any(left.get(product, units) < units for product, units in each.units.items())
            if not short and each.name not in fitting:
                fitting[each.name] = index
                for product_id in each.units.keys() & left.keys():
                    left[product_id] -= each.units[product_id]
        return list(fitting.values())


def is_undecided(reason: CancellationReason) -> bool:
    """Tell whether the same write may succeed later."""
    return reason.code in UNDECIDED


def _told_by_its_own(
    completion: Completion, reason: CancellationReason | None
) -> Order | Exception | None:
    """Return what the order's own write says of it: it was completed before, or is another's."""
    if reason is None or is_undecided(reason):
        return None
    if reason.code != _CONDITION_FAILED:
        return _unavailable(completion.name, reason)
    try:
        return settled_before(completion.claim, reason.item, OrderStatus.COMPLETED)
    except LeaseLost as lost:
        return lost


def _crowded(completion: Completion) -> Unavailable:
    return Unavailable(f"{completion.name}: too many orders take the same stock")


def _unavailable(what: str, reason: CancellationReason) -> Unavailable:
    return Unavailable(f"{what}: {reason.code}: {reason.message or ''}")


def _stock_seen(refusals: Refusals) -> Iterator[tuple[str, int]]:
    """Yield what DynamoDB found of each product that was short."""
    for name, reason in refusals.items():
        kind, _, product_id = name.partition(" ")
        stock = (reason.item or {}).get("stock")
        if kind == "product" and stock:
            yield product_id, int(stock["N"])


def _completed(completion: Completion) -> Order:
    return msgspec.structs.replace(
        completion.claim.order, status=OrderStatus.COMPLETED, settled_at=completion.settled_at
    )
