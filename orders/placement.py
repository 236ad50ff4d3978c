"""Placing an order: price it, store it once, and recognise it when it comes again.

The usual order is new, so it is inserted without a look first. One that names its id is recognised
before anything else is decided about it: prices and catalogue may have changed since it was placed.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec

from orders.catalogue import total_cents
from orders.clock import timestamp
from orders.errors import ContentConflict, InvalidOrder, Unavailable
from orders.ids import mint_order_id
from orders.model import Order, OrderStatus
from orders.ports import CatalogueSource, OrderInserter, OrderReader
from orders.request import OrderRequest


class Placed(msgspec.Struct, frozen=True):
    """A stored order; `created` is False when the same order was placed before."""

    order: Order
    created: bool


class OrderPlacement:
    """The use case behind every `POST /orders`."""

    def __init__(
        self,
        *,
        catalogue: CatalogueSource,
        inserter: OrderInserter,
        reader: OrderReader,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._catalogue = catalogue
        self._inserter = inserter
        self._reader = reader
        self._now = now

    async def place(self, request: OrderRequest, new_id: str | None = None) -> Placed:
        """Store the order as PENDING and return it, durable; a repeat returns the first one.

        An order that names no id gets `new_id`, or one that is minted here.

        Raises:
            InvalidOrder: a new order of an unknown product, or at another price than the
                catalogue's.
            ContentConflict: the id was used for an order with other content.
            Unavailable: the store did not answer.
        """
        try:
            order = self._price(request, request.order_id or new_id or mint_order_id())
        except InvalidOrder:
            first = await self._reader.get(request.order_id) if request.order_id else None
            if first is None:
                raise
            return _recognised(first, request)
        if await self._inserter.insert(order):
            return Placed(order, created=True)
        first = await self._reader.get(order.order_id)
        if first is None:
            raise Unavailable(f"order {order.order_id} was refused as a duplicate but not found")
        return _recognised(first, request)

    def _price(self, request: OrderRequest, order_id: str) -> Order:
        lines = self._catalogue.current.price(request.items)
        return Order(
            order_id=order_id,
            customer_id=str(request.customer_id),
            items=lines,
            total_cents=total_cents(lines),
            status=OrderStatus.PENDING,
            created_at=timestamp(self._now()),
            content_hash=request.content_hash(),
        )


def _recognised(first: Order, request: OrderRequest) -> Placed:
    if first.content_hash != request.content_hash():
        raise ContentConflict(first.order_id)
    return Placed(first, created=False)
