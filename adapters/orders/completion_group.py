"""Which orders of a batch can still be completed in one transaction, as far as is known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from adapters.orders.completion import UNDECIDED
from orders.errors import OutOfStock, Unavailable
from orders.model import Order, OrderStatus
from orders.ports import Claim

Refusals = Mapping[str, Mapping[str, Any]]
"""Why a transaction was cancelled: the reason by the name of the order or product."""


class Settling(msgspec.Struct, frozen=True):
    """One order to complete, and the number of writes that it can add to a transaction."""

    claim: Claim
    settled_at: str
    units: dict[str, int]

    @property
    def writes(self) -> int:
        """Its own, and one for each of its products."""
        return 1 + len(self.units)

    @property
    def name(self) -> str:
        """What its own write is called."""
        return f"order {self.claim.order.order_id}"


def product_name(product_id: str) -> str:
    """Return what the write of a product is called."""
    return f"product {product_id}"


class Alone(Exception):
    """The transaction says too little about the order: complete it in one of its own."""


class CompletionGroup:
    """The orders of one batch; `results` are complete once nobody waits or nobody tries again."""

    def __init__(self, batch: Sequence[Settling]) -> None:
        self.results: list[Order | Exception] = [Alone()] * len(batch)
        self._batch = batch
        # A transaction takes an item once: the repeat of an order is completed alone.
        first: dict[str, int] = {}
        for index, each in enumerate(batch):
            first.setdefault(each.name, index)
        self._waiting = list(first.values())
        self._left: dict[str, int] = {}

    def next(self) -> list[Settling]:
        """Return the orders to try together now: all, or as many as the stock last seen allows."""
        return [self._batch[index] for index in self._fitting()]

    def completed(self) -> None:
        """The transaction with `next` was written."""
        for index in self._fitting():
            self.results[index] = _completed(self._batch[index])
            self._waiting.remove(index)

    def put_off(self) -> None:
        """The transaction met another one: nothing is known about anybody."""
        for index in self._waiting:
            self.results[index] = Unavailable("too many orders take the same stock")

    def refused(self, refusals: Refusals) -> None:
        """The transaction was cancelled: tell those that are why, and keep the others."""
        self._left = dict(_stock_seen(refusals))
        for index in list(self._waiting):
            problem = self._problem(self._batch[index], refusals)
            self.results[index] = problem or Alone()
            if problem:
                self._waiting.remove(index)

    def _problem(self, settling: Settling, refusals: Refusals) -> Exception | None:
        if settling.name in refusals:
            return None if _is_undecided(refusals[settling.name]) else Alone()
        for product_id, units in settling.units.items():
            reason = refusals.get(product_name(product_id))
            if reason is None or _is_undecided(reason):
                continue
            if product_id not in self._left:
                return Alone()
            if units > self._left[product_id]:
                return OutOfStock(settling.claim.order.order_id)
        return None

    def _fitting(self) -> list[int]:
        """Return who gets something while what is left lasts, first come, first served."""
        left = dict(self._left)
        fitting = []
        for index in self._waiting:
            units = self._batch[index].units
            if all(left.get(product_id, wanted) >= wanted for product_id, wanted in units.items()):
                fitting.append(index)
                for product_id in units.keys() & left.keys():
                    left[product_id] -= units[product_id]
        return fitting


def _stock_seen(refusals: Refusals) -> Iterator[tuple[str, int]]:
    """Yield what DynamoDB found of each product that was short."""
    for name, reason in refusals.items():
        kind, _, product_id = name.partition(" ")
        stock = reason.get("Item", {}).get("stock")
        if kind == "product" and stock:
            yield product_id, int(stock["N"])


def _is_undecided(reason: Mapping[str, Any]) -> bool:
    return reason.get("Code") in UNDECIDED


def _completed(settling: Settling) -> Order:
    return msgspec.structs.replace(
        settling.claim.order, status=OrderStatus.COMPLETED, settled_at=settling.settled_at
    )
