"""The consumers of predecessors, in a few lines each, to be measured beside ours.

None looks at what became of an order before it pays: a message that comes twice is paid twice.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from adapters.orders.schema import MOVE, STATUS_NAME, StatusShards
from orders.message import decode_order_placed
from orders.model import OrderStatus
from processor.settings import Settings

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient
    from types_aiobotocore_sqs import SQSClient


class Work:
    """What every loop does with a message: pay, write it down, delete."""

    def __init__(self, sqs: SQSClient, dynamodb: DynamoDBClient, settings: Settings) -> None:
        self.settings = settings
        self._sqs = sqs
        self._dynamodb = dynamodb
        self._shards = StatusShards(settings.status_shards)

    async def receive(self) -> list[Any]:
        """Take ten messages."""
        answer = await self._sqs.receive_message(
            QueueUrl=self.settings.queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=20
        )
        return list(answer.get("Messages", []))

    async def pay(self, body: str) -> None:
        """Charge the order that a message announces, and settle it."""
        order_id = decode_order_placed(body).order_id
        await asyncio.sleep(self.settings.payment_seconds)
        await self._dynamodb.put_item(
            TableName=self.settings.payments_table,
            Item={
                "idempotencyKey": {"S": uuid.uuid4().hex},
                "orderId": {"S": order_id},
                "status": {"S": "CHARGED"},
            },
        )
        await self._dynamodb.update_item(
            TableName=self.settings.orders_table,
            Key={"orderId": {"S": order_id}},
            UpdateExpression=f"SET {MOVE}",
            ExpressionAttributeNames=STATUS_NAME,
            ExpressionAttributeValues=self._shards.move(order_id, OrderStatus.COMPLETED),
        )

    async def delete(self, message: Mapping[str, Any]) -> None:
        """Delete one message."""
        # AWS says yes to a receipt that is no longer valid, the emulator does not.
        with suppress(ClientError):
            await self._sqs.delete_message(
                QueueUrl=self.settings.queue_url, ReceiptHandle=message["ReceiptHandle"]
            )


async def ten_in_a_row(work: Work) -> None:
    """Take ten, pay them one after the other, delete each: the last waits for nine payments."""

    async def worker() -> None:
        while True:
            for message in await work.receive():
                await work.pay(message["Body"])
                await work.delete(message)

    await asyncio.gather(*(worker() for _ in range(work.settings.concurrency)))


async def receive_before_permit(work: Work) -> None:
    """Take messages as fast as they come; they wait in the process until a hand is free."""
    permits = asyncio.Semaphore(work.settings.concurrency)
    tasks: set[asyncio.Task[None]] = set()

    async def handle(message: Mapping[str, Any]) -> None:
        async with permits:
            await work.pay(message["Body"])
            await work.delete(message)

    while True:
        for message in await work.receive():
            task = asyncio.create_task(handle(message))
            tasks.add(task)
            task.add_done_callback(tasks.discard)


async def whole_batch(work: Work) -> None:
    """Take ten, pay them at once, and take the next when the slowest is done."""

    async def handle(message: Mapping[str, Any]) -> None:
        await work.pay(message["Body"])
        await work.delete(message)

    async def worker() -> None:
        while True:
            await asyncio.gather(*(handle(message) for message in await work.receive()))

    await asyncio.gather(*(worker() for _ in range(max(1, work.settings.concurrency // 10))))


LOOPS: dict[str, Callable[[Work], Awaitable[None]]] = {
    loop.__name__: loop for loop in (ten_in_a_row, receive_before_permit, whole_batch)
}
