"""One process of the shop at work: it takes orders, pays them at once, or works the queue."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from orders.errors import OrderError
from orders.lifecycle import SETTLED
from orders.message import decode_order_placed
from orders.request import OrderRequest
from processor.handler import OrderHandler
from processor.queue import OrdersQueue
from receiver.admission import Admission
from receiver.async_orders import AsyncOrders
from sqs_consumer import Message, QueueError, RetryAfter
from tests.support.fake_shop import VISIBILITY_SECONDS, FakeShop, Process


class Member:
    """Does what the services do, on one process; what a crash interrupts is simply gone."""

    def __init__(self, shop: FakeShop, process: Process) -> None:
        self.wire = process.wire
        self._shop = shop
        self._process = process
        url = shop.queue.url
        self._queue = OrdersQueue(process.clients.sqs, queue_url=url, dead_letter_queue_url=url)
        self._handler = OrderHandler(process.fulfilment)
        self._receiver = AsyncOrders(
            placement=process.placement,
            publisher=process.publisher,
            admission=Admission(1000, full="full", retry_after_seconds=1),
        )

    async def accept(self, request: OrderRequest) -> bool:
        """Answer `POST /orders/async`: True for a 202, False for a 503."""
        with suppress(OrderError):
            await self._receiver.accept(request)
            return True
        return False

    async def settle(self, request: OrderRequest) -> bool:
        """Answer `POST /orders/sync`: True for a 200, False for a 503."""
        with suppress(OrderError):
            placed = await self._process.placement.place(request)
            order = await self._process.fulfilment.fulfil(placed.order.order_id)
            assert order.status in SETTLED
            return True
        return False

    async def poll(self, *, most: int = 10, wait_seconds: int = 0) -> None:
        """Receive up to `most` messages and handle them all at once."""
        with suppress(QueueError):
            received = await self._queue.receive(
                most, wait_seconds=wait_seconds, visibility_timeout_seconds=VISIBILITY_SECONDS
            )
            async with asyncio.TaskGroup() as handling:
                for message in received:
                    handling.create_task(self._handle(message))

    async def _handle(self, message: Message) -> None:
        try:
            await self._handler(message)
            # What the message stands for must be durable before it may go.
            order_id = decode_order_placed(message.body).order_id
            assert self._shop.order(order_id).status in SETTLED
            await self._delete(message.receipt)
        except RetryAfter as busy:
            await self._show_again(message.receipt, round(busy.seconds))
        except OrderError:
            return  # its visibility ends, and it comes again

    async def _delete(self, receipt: str) -> None:
        with suppress(QueueError):
            await self._queue.delete([receipt])

    async def _show_again(self, receipt: str, seconds: int) -> None:
        with suppress(QueueError):
            await self._queue.change_visibility([(receipt, seconds)])
