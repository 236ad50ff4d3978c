"""Accepting an order now, to be fulfilled later: stored, published, then answered."""

from __future__ import annotations

from aiohttp import web

from orders.errors import OutcomeUnknown, Unavailable
from orders.ids import mint_order_id
from orders.lifecycle import SETTLED
from orders.model import Order
from orders.placement import OrderPlacement
from orders.ports import OrderPublisher
from orders.request import OrderRequest
from receiver.admission import Admission
from receiver.repeats import ConcurrentRepeats


class AsyncOrders:
    """The use case behind `POST /orders/async`.

    Attributes:
        admission: the places of orders on their way to the topic.
    """

    def __init__(
        self, *, placement: OrderPlacement, publisher: OrderPublisher, admission: Admission
    ) -> None:
        self.admission = admission
        self._placement = placement
        self._publisher = publisher
        self._repeats = ConcurrentRepeats()

    async def accept(self, request: OrderRequest) -> Order:
        """Store the order, then publish it; on return both are durable.

        An order that is stored and not published was not accepted: its repeat publishes it.

        Raises:
            InvalidOrder, ContentConflict: as `OrderPlacement.place`.
            OutcomeUnknown: it may be stored, and published.
            Overloaded: too many orders are under way, and nothing was stored.
        """
        return await self._repeats.share(request, self._accept)

    async def _accept(self, request: OrderRequest) -> Order:
        order_id = request.order_id or mint_order_id()
        with self.admission.admitted():
            try:
                order = (await self._placement.place(request, order_id)).order
                # Also one that is PROCESSING: a sync request may have claimed it and died, and
                # the queue has not heard of it. One message too many does no harm.
                if order.status not in SETTLED:
                    await self._publisher.publish(order_id)
            except Unavailable as error:
                raise OutcomeUnknown(order_id, error) from error
            return order


ASYNC_ORDERS = web.AppKey("async_orders", AsyncOrders)
