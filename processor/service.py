"""The running processor: clients, consumer, health routes and signals, put together."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from typing import Self

from adapters.aws_clients import AwsClients, open_aws_clients
from adapters.batched_order_store import BatchedOrderStore
from adapters.batched_payment_gateway import BatchedPaymentGateway
from adapters.logs import get_logger
from orders.fulfilment import Fulfilment
from processor.consumer import Consumer, ConsumerSettings, SqsQueue, Stopped
from processor.consumer.settings import poll_seconds
from processor.http_server import serve_health
from processor.order_handler import OrderHandler
from processor.settings import Settings

SIGNALS = (signal.SIGTERM, signal.SIGINT)
CONNECTIONS = 128

_log = get_logger()


async def run_service(settings: Settings) -> int:
    """Serve until a signal; return the exit code."""
    async with AsyncExitStack() as opened:
        clients = await opened.enter_async_context(
            open_aws_clients(settings.region, connections=CONNECTIONS)
        )
        fulfilment = await opened.enter_async_context(open_fulfilment(settings, clients))
        consumer = await build_consumer(settings, clients, fulfilment)
        signals = opened.enter_context(_Signals(consumer))
        await opened.enter_async_context(serve_health(settings.port, lambda: consumer.ready))
        await opened.enter_async_context(_announced(consumer))
        stopped = await consumer.run()
    _log.info("stopped", cut_short=stopped.cut_short, forced=stopped.forced)
    return exit_code(stopped, signals.last)


@asynccontextmanager
async def open_fulfilment(settings: Settings, clients: AwsClients) -> AsyncIterator[Fulfilment]:
    """Open the fulfilment over tables and payment provider, in batches."""
    dynamodb = await clients.dynamodb()
    store = BatchedOrderStore(
        dynamodb, orders_table=settings.orders_table, products_table=settings.products_table
    )
    payments = BatchedPaymentGateway(
        dynamodb,
        payments_table=settings.payments_table,
        payment_seconds=settings.payment_seconds,
    )
    async with aclosing(store), aclosing(payments):
        yield Fulfilment(store=store, payments=payments, lease_seconds=settings.lease_seconds)


async def build_consumer(
    settings: Settings, clients: AwsClients, fulfilment: Fulfilment
) -> Consumer:
    """Return the consumer of the orders' queue."""
    queue = SqsQueue(
        await clients.sqs(),
        queue_url=settings.queue_url,
        dead_letter_queue_url=settings.dead_letter_queue_url,
    )
    return Consumer(queue, OrderHandler(fulfilment), consumer_settings(settings))


def consumer_settings(settings: Settings) -> ConsumerSettings:
    """Return the part of the settings that is the consumer's."""
    return ConsumerSettings(
        concurrency=settings.concurrency,
        visibility_timeout_seconds=settings.visibility_timeout_seconds,
        heartbeat_seconds=settings.heartbeat_seconds,
        drain_seconds=settings.drain_seconds,
        wait_seconds=poll_seconds(settings.drain_seconds),
    )


def exit_code(stopped: Stopped, last_signal: int) -> int:
    """Return what the process ends with."""
    if stopped.forced:
        return 128 + last_signal
    return 1 if stopped.cut_short else 0


class _Signals:
    """Stops the consumer at the first signal, and makes it hurry at the second."""

    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer
        self.last = 0

    def __enter__(self) -> Self:
        for each in SIGNALS:
            asyncio.get_running_loop().add_signal_handler(each, self._received, each)
        return self

    def __exit__(self, *_: object) -> None:
        for each in SIGNALS:
            asyncio.get_running_loop().remove_signal_handler(each)

    def _received(self, number: signal.Signals) -> None:
        self.last = int(number)
        _log.info("stopping", signal=number.name)
        self._consumer.stop()


@asynccontextmanager
async def _announced(consumer: Consumer) -> AsyncIterator[None]:
    """Log `ready` as soon as the queue has answered."""

    async def announce() -> None:
        await consumer.until_answered()
        _log.info("ready")

    announcing = asyncio.create_task(announce())
    try:
        yield
    finally:
        announcing.cancel()
