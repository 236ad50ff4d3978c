"""Accepting an order now for somebody else to fulfil: stored, announced, then answered."""

from __future__ import annotations

from orders.lifecycle import SETTLED
from orders.model import Order
from orders.placement import OrderPlacement
from orders.ports import OrderPublisher
from orders.request import OrderRequest
from receiver.admission import Admission


class AsyncOrders:
    """The use case behind `POST /orders/async`."""

    def __init__(
        self, *, placement: OrderPlacement, publisher: OrderPublisher, admission: Admission
    ) -> None:
        self._placement = placement
        self._publisher = publisher
        self._admission = admission

    async def accept(self, request: OrderRequest) -> Order:
        """Store the order, then announce it; on return both are durable.

        An order that is stored and not announced was not accepted: its repeat announces it.

        Raises:
            InvalidOrder, ContentConflict, Unavailable: as `OrderPlacement.place`.
            Overloaded: too many orders are under way.
        """
        with self._admission.admitted():
            placed = await self._placement.place(request)
            # Also one that is PROCESSING: a sync request may have claimed it and died, and nobody
            # else has heard of it. One announcement too many does no harm.
            if placed.order.status not in SETTLED:
                await self._publisher.publish(placed.order.order_id)
            return placed.order
