"""The running processor: clients, consumer, health routes and signals, put together."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any, Self

from adapters.aws.calls import counted_calls
from adapters.aws.clients import open_fast_client
from adapters.aws.fast.client import FastClient
from adapters.aws.fast.dynamodb import open_dynamodb
from adapters.aws.fast.sqs import open_sqs
from adapters.aws.statement_batcher import StatementBatcher
from adapters.orders.batched_store import BatchedOrderStore
from adapters.payments.ledger import BatchedLedger, DynamoLedger
from adapters.payments.simulated_provider import simulated_payments
from kit.background import running
from kit.logging import get_logger
from orders.fulfilment import Fulfilment
from processor.handler import OrderHandler
from processor.health import serve_health
from processor.queue import OrdersQueue
from processor.settings import Settings
from sqs_consumer import (
    LONGEST_IN_FLIGHT_SECONDS,
    Consumer,
    ConsumerSettings,
    EmfMetrics,
    Stopped,
    poll_seconds,
)

SIGNALS = (signal.SIGTERM, signal.SIGINT)
CONNECTIONS = 128
METRICS_SECONDS = 60.0
METRICS_NAMESPACE = "FlashSale/Processor"
# An order that takes this many leases hangs: its message is let go, and somebody tries afresh.
LEASES_TO_GIVE_UP = 10
# Batches of handlers that were cut short may hang; the process must not wait for them.
CLOSE_SECONDS = 2.0

_log = get_logger()


async def run_service(settings: Settings, variables: Mapping[str, str]) -> int:
    """Serve until a signal; return the exit code. `variables` say where AWS is, and whose keys."""
    async with AsyncExitStack() as opened:
        calls = await opened.enter_async_context(counted_calls())
        client = await opened.enter_async_context(
            open_fast_client(settings.region, variables, calls, connections=CONNECTIONS)
        )
        metrics = EmfMetrics(_log_metrics, namespace=METRICS_NAMESPACE, dimension="service")
        await opened.enter_async_context(running(metrics.flush_regularly(METRICS_SECONDS)))
        fulfilment = await opened.enter_async_context(open_fulfilment(settings, client))
        consumer = _build_consumer(settings, client, fulfilment, metrics)
        signals = opened.enter_context(_Signals(consumer))
        await opened.enter_async_context(serve_health(settings.port, lambda: consumer.ready))
        await opened.enter_async_context(running(_announce(consumer)))
        stopped = await consumer.run()
    _log.info("stopped", cut_short=stopped.cut_short, forced=stopped.forced)
    return exit_code(stopped, signals.last)


@asynccontextmanager
async def open_fulfilment(settings: Settings, client: FastClient) -> AsyncIterator[Fulfilment]:
    """Open the fulfilment over tables and payment provider, in batches."""
    dynamodb = open_dynamodb(client)
    statements = StatementBatcher(dynamodb)
    store = BatchedOrderStore(dynamodb, settings.tables, statements)
    plain = DynamoLedger(dynamodb, settings.payments_table)
    payments = simulated_payments(
        BatchedLedger(plain, statements),
        payment_seconds=settings.payment_seconds,
        lease_seconds=settings.lease_seconds,
        faults=settings.payment_faults,
    )
    try:
        yield Fulfilment(store=store, payments=payments, lease_seconds=settings.lease_seconds)
    finally:
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await statements.aclose()
                await store.aclose()


def consumer_settings(settings: Settings) -> ConsumerSettings:
    """Return the part of the settings that is the consumer's."""
    visibility_seconds = settings.visibility_timeout_seconds
    oldest_seconds = max(visibility_seconds, settings.lease_seconds * LEASES_TO_GIVE_UP)
    return ConsumerSettings(
        concurrency=settings.concurrency,
        visibility_timeout_seconds=visibility_seconds,
        visibility_extension_interval_seconds=settings.visibility_extension_interval_seconds,
        drain_seconds=settings.drain_seconds,
        max_age_seconds=min(oldest_seconds, LONGEST_IN_FLIGHT_SECONDS),
        wait_seconds=poll_seconds(settings.drain_seconds),
    )


def exit_code(stopped: Stopped, last_signal: int) -> int:
    """Return what the process ends with."""
    if stopped.forced:
        return 128 + last_signal
    return 1 if stopped.cut_short else 0


def _build_consumer(
    settings: Settings, client: FastClient, fulfilment: Fulfilment, metrics: EmfMetrics
) -> Consumer:
    queue = OrdersQueue(
        open_sqs(client),
        queue_url=settings.queue_url,
        dead_letter_queue_url=settings.dead_letter_queue_url,
    )
    handler = OrderHandler(fulfilment)
    return Consumer(queue, handler, consumer_settings(settings), hook=metrics)


async def _announce(consumer: Consumer) -> None:
    """Log `ready` as soon as the queue has answered."""
    await consumer.until_answered()
    _log.info("ready")


def _log_metrics(document: Mapping[str, Any]) -> None:
    _log.info("metrics", **document)


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
