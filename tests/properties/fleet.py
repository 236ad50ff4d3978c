"""One process of the shop at work: it takes orders, pays them at once, or works the queue."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from adapters.aws.errors import AWS_ERRORS
from orders.errors import OrderError
from orders.lifecycle import SETTLED
from orders.message import decode_order_placed
from orders.request import OrderRequest
from processor.order_handler import OrderHandler
from receiver.admission import Admission
from receiver.async_orders import AsyncOrders
from sqs_consumer.handling import RetryAfter
from sqs_consumer.queue import message_from_sqs
from tests.support.fake_shop import FakeShop, Process


class Member:
    """Does what the services do, on one process; what a crash interrupts is simply gone."""

    def __init__(self, shop: FakeShop, process: Process) -> None:
        self.wire = process.wire
        self._shop = shop
        self._process = process
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
        with suppress(*AWS_ERRORS):
            answer = await self._process.clients.sqs.receive_message(
                QueueUrl=self._shop.queue.url,
                MaxNumberOfMessages=most,
                WaitTimeSeconds=wait_seconds,
            )
            received = [dict(message) for message in answer.get("Messages", [])]
            async with asyncio.TaskGroup() as handling:
                for message in received:
                    handling.create_task(self._handle(message))

    async def _handle(self, received: dict[str, Any]) -> None:
        message = message_from_sqs(received)
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
        with suppress(*AWS_ERRORS):
            await self._process.clients.sqs.delete_message_batch(
                QueueUrl=self._shop.queue.url, Entries=[{"Id": "0", "ReceiptHandle": receipt}]
            )

    async def _show_again(self, receipt: str, seconds: int) -> None:
        with suppress(*AWS_ERRORS):
            await self._process.clients.sqs.change_message_visibility_batch(
                QueueUrl=self._shop.queue.url,
                Entries=[{"Id": "0", "ReceiptHandle": receipt, "VisibilityTimeout": seconds}],
            )
