"""Placing an order: price it, store it once, and recognise it when it comes again."""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec

from orders.catalogue import total_cents
from orders.clock import timestamp
from orders.errors import ContentConflict, Unavailable
from orders.ids import content_hash, mint_order_id
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

    async def place(self, request: OrderRequest) -> Placed:
        """Store the order as PENDING and return it, durable; a repeat returns the first one.

        Raises:
            InvalidOrder: unknown product or another price than the catalogue's.
            ContentConflict: the id was used for an order with other content.
            Unavailable: the store did not answer.
        """
        order = self._price(request)
        if await self._inserter.insert(order):
            return Placed(order, created=True)
        first = await self._reader.get(order.order_id)
        if first is None:
            raise Unavailable(f"order {order.order_id} was refused as a duplicate but not found")
        if first.content_hash != order.content_hash:
            raise ContentConflict(order.order_id)
        return Placed(first, created=False)

    def _price(self, request: OrderRequest) -> Order:
        lines = self._catalogue.current.price(request.items)
        customer_id = str(request.customer_id)
        return Order(
            order_id=request.order_id or mint_order_id(),
            customer_id=customer_id,
            items=lines,
            total_cents=total_cents(lines),
            status=OrderStatus.PENDING,
            created_at=timestamp(self._now()),
            content_hash=content_hash(customer_id, [(x.product_id, x.quantity) for x in lines]),
        )
