"""Accepting an order now for somebody else to fulfil: stored, announced, then answered."""

from __future__ import annotations

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
    """The use case behind `POST /orders/async`."""

    def __init__(
        self, *, placement: OrderPlacement, publisher: OrderPublisher, admission: Admission
    ) -> None:
        self._placement = placement
        self._publisher = publisher
        self._admission = admission
        self._repeats = ConcurrentRepeats()

    def check_room(self) -> None:
        """Raise `Overloaded` when an order that came now would be turned away."""
        self._admission.check_room()

    async def accept(self, request: OrderRequest) -> Order:
        """Store the order, then announce it; on return both are durable.

        An order that is stored and not announced was not accepted: its repeat announces it.

        Raises:
            InvalidOrder, ContentConflict: as `OrderPlacement.place`.
            OutcomeUnknown: it may be stored, and announced.
            Overloaded: too many orders are under way, and nothing was stored.
        """
        return await self._repeats.share(request, self._accept)

    async def _accept(self, request: OrderRequest) -> Order:
        order_id = request.order_id or mint_order_id()
        with self._admission.admitted():
            try:
                order = (await self._placement.place(request, order_id)).order
                # Also one that is PROCESSING: a sync request may have claimed it and died, and
                # nobody else has heard of it. One announcement too many does no harm.
                if order.status not in SETTLED:
                    await self._publisher.publish(order_id)
            except Unavailable as error:
                raise OutcomeUnknown(order_id, error) from error
            return order
