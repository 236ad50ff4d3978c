"""Fulfilling an order while its customer waits, a bounded number of payments at a time."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

from kit.logging import get_logger
from orders.errors import OrderBusy, OutcomeUnknown, Unavailable
from orders.fulfilment import Fulfilment
from orders.ids import mint_order_id
from orders.lifecycle import SETTLED
from orders.model import Order
from orders.placement import OrderPlacement
from orders.ports import OrderReader
from orders.request import OrderRequest
from receiver.admission import Admission, Overloaded
from receiver.repeats import ConcurrentRepeats

BUSY_POLL_SECONDS = 0.25
STOPPING = "this receiver stops; repeat the order with the order_id given here"

_log = get_logger()


class SyncOrders:
    """The use case behind `POST /orders/sync`; an order's task outlives its request.

    Attributes:
        admission: the places of the payment slots and the waiting room together.
    """

    def __init__(
        self,
        *,
        placement: OrderPlacement,
        fulfilment: Fulfilment,
        reader: OrderReader,
        admission: Admission,
        payment_slots: asyncio.Semaphore,
    ) -> None:
        self.admission = admission
        self._placement = placement
        self._fulfilment = fulfilment
        self._reader = reader
        self._payment_slots = payment_slots
        self._repeats = ConcurrentRepeats()
        self._tasks: set[asyncio.Task[Order]] = set()
        self._waiting: set[asyncio.Task[Any]] = set()

    async def settle(self, request: OrderRequest) -> Order:
        """Store, pay and complete the order; a cancelled caller does not stop it.

        Raises:
            InvalidOrder, ContentConflict: as `OrderPlacement.place`.
            OutcomeUnknown: it may be stored, and paid.
            Overloaded: the waiting room is full, and nothing was stored; or, with the order's id,
                the receiver stops before its turn has come, and a repeat carries on.
            OrderBusy: another worker kept the order longer than its lease.
            LeaseLost: this attempt was overtaken by another worker.
        """
        return await self._repeats.share(request, self._settle)

    def refuse_waiting(self) -> None:
        """Stop the orders that wait for a payment slot; those being paid go on."""
        for task in self._waiting:
            task.cancel()

    async def aclose(self) -> None:
        """Cancel the orders that still run: a redelivery or a repeat carries on with each."""
        unfinished = list(self._tasks)
        if unfinished:
            _log.warning("work_cut_off", tasks=len(unfinished))
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)

    async def _settle(self, request: OrderRequest) -> Order:
        order_id = request.order_id or mint_order_id()
        task = asyncio.get_running_loop().create_task(self._place_and_fulfil(request, order_id))
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        await asyncio.wait({task})  # unlike awaiting the task, this leaves it alone if cancelled
        if task.cancelled():
            raise Overloaded(STOPPING, 1, order_id)
        try:
            return task.result()
        except Unavailable as error:
            raise OutcomeUnknown(order_id, error) from error

    def _ended(self, task: asyncio.Task[Order]) -> None:
        self._tasks.discard(task)
        # Read here, so that asyncio does not report an order that fails after its client has left
        # as "never retrieved"; a client that is still there gets the exception as its answer.
        if not task.cancelled():
            task.exception()

    async def _place_and_fulfil(self, request: OrderRequest, new_id: str) -> Order:
        with self.admission.admitted():
            order = (await self._placement.place(request, new_id)).order
            if order.status in SETTLED:
                return order
            try:
                return await self._fulfil(order.order_id)
            except OrderBusy as busy:
                settled = await self._settled_by_another(busy)
                return settled or await self._fulfil(order.order_id)

    async def _fulfil(self, order_id: str) -> Order:
        await self._wait_for_slot()
        try:
            return await self._fulfilment.fulfil(order_id)
        finally:
            self._payment_slots.release()

    async def _wait_for_slot(self) -> None:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("an order is fulfilled in a task of its own")
        self._waiting.add(task)
        try:
            await self._payment_slots.acquire()
        finally:
            self._waiting.discard(task)

    async def _settled_by_another(self, busy: OrderBusy) -> Order | None:
        """Watch the order until it is settled, or return None after its lease."""
        waited_seconds = 0.0
        while waited_seconds <= busy.retry_after_seconds:
            await asyncio.sleep(BUSY_POLL_SECONDS)
            waited_seconds += BUSY_POLL_SECONDS
            order = await self._reader.get(busy.order_id)
            if order is not None and order.status in SETTLED:
                return order
        return None


SYNC_ORDERS = web.AppKey("sync_orders", SyncOrders)
