"""Requests that name one order at the same time: one of them is worked on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from orders.errors import ContentConflict, InvalidOrder
from orders.model import Order
from orders.request import OrderRequest

Work = Callable[[OrderRequest], Awaitable[Order]]


class ConcurrentRepeats:
    """Lets the repeats of a request that is under way wait for its answer.

    They need no place, no statement and no payment of their own, however many they are.
    """

    def __init__(self) -> None:
        # Most requests have no repeat: the future is made for the first who waits for it.
        self._under_way: dict[str, asyncio.Future[Order | Exception | None] | None] = {}

    async def share(self, request: OrderRequest, work: Work) -> Order:
        """Return what `work` makes of the request, or of the one with its id that came first.

        Raises:
            ContentConflict: the first one has other content.
            Exception: whatever `work` raises; to repeats too, unless it is about the first
                request's content.
        """
        order_id = request.order_id
        if order_id is None:
            return await work(request)
        if order_id in self._under_way:
            return await self._answer_of_first(order_id, request, work)
        self._under_way[order_id] = None
        try:
            order = await work(request)
        except BaseException as error:
            self._tell(order_id, error if isinstance(error, Exception) else None)
            raise
        self._tell(order_id, order)
        return order

    async def _answer_of_first(self, order_id: str, request: OrderRequest, work: Work) -> Order:
        first = self._under_way[order_id]
        if first is None:
            first = self._under_way[order_id] = asyncio.get_running_loop().create_future()
        await asyncio.wait([first])  # unlike awaiting it, this leaves it alone if cancelled
        match first.result():
            case Order() as order if order.content_hash == request.content_hash():
                return order
            case Order():
                raise ContentConflict(order_id)
            case InvalidOrder() | ContentConflict() | None:
                return await work(request)
            case Exception() as error:
                raise error

    def _tell(self, order_id: str, outcome: Order | Exception | None) -> None:
        """Tell whoever waits: the order, the error, or None when the first was cut off."""
        waited_for = self._under_way.pop(order_id)
        if waited_for is not None:
            waited_for.set_result(outcome)
