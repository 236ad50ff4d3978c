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
        self._under_way: dict[str, asyncio.Future[Order | Exception | None]] = {}

    async def share(self, request: OrderRequest, work: Work) -> Order:
        """Return what `work` makes of the request, or of the one with its id that came first.

        Raises:
            ContentConflict: the first one has other content.
            Exception: whatever `work` raises; to repeats too, unless it is about the first
                request's content.
        """
        if request.order_id is None:
            return await work(request)
        first = self._under_way.get(request.order_id)
        if first is None:
            return await self._first(request.order_id, request, work)
        await asyncio.wait([first])  # unlike awaiting it, this leaves it alone if cancelled
        match first.result():
            case Order() as order if order.content_hash == request.content_hash():
                return order
            case Order():
                raise ContentConflict(request.order_id)
            case InvalidOrder() | ContentConflict() | None:
                return await work(request)
            case Exception() as error:
                raise error

    async def _first(self, order_id: str, request: OrderRequest, work: Work) -> Order:
        """Do the work and tell whoever waits: the order, the error, or None if it was cut off."""
        self._under_way[order_id] = asyncio.get_running_loop().create_future()
        try:
            order = await work(request)
        except BaseException as error:
            told = error if isinstance(error, Exception) else None
            self._under_way.pop(order_id).set_result(told)
            raise
        self._under_way.pop(order_id).set_result(order)
        return order
