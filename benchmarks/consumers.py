"""The consumers that are measured: `python -m benchmarks.consumers VARIANT`.

All take the processor's environment variables and log the same events.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import uvloop

from adapters.aws.boto import open_boto_client
from adapters.aws.calls import AwsCallCounter, counted_calls
from adapters.aws.clients import open_fast_client
from adapters.aws.fast.dynamodb import open_dynamodb
from adapters.aws.fast.sqs import SQS, open_sqs
from adapters.orders.store import DynamoOrderStore
from adapters.payments.ledger import DynamoLedger
from adapters.payments.simulated_provider import SimulatedPaymentProvider
from benchmarks.naive_loops import LOOPS, Work
from kit.logging import configure_logging, get_logger
from orders.fulfilment import Fulfilment
from orders.message import decode_order_placed
from processor.__main__ import main as processor
from processor.queue import OrdersQueue
from processor.service import consumer_settings
from processor.settings import Settings, settings_from
from sqs_consumer import Consumer, Handler, Message

OURS, OUR_CONSUMER, ALONE, ONE_BY_ONE = "ours", "our_consumer", "alone", "one_by_one"
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)

_log = get_logger()


def main(variant: str) -> int:
    """Run one variant until a signal; return the exit code."""
    if variant == OURS:
        return processor()
    settings = settings_from(os.environ)
    configure_logging(variant, settings.log_level)
    ways = {OUR_CONSUMER: _our_consumer, ALONE: _consumer_alone, ONE_BY_ONE: _one_by_one}
    run = ways.get(variant) or _naive(variant)
    uvloop.run(_run(run, settings))
    return 0


Run = Callable[[Settings, AwsCallCounter], Awaitable[None]]
CONNECTIONS = 128
LONG_POLL_SECONDS = 30


async def _run(run: Run, settings: Settings) -> None:
    async with counted_calls() as calls:
        work = asyncio.ensure_future(run(settings, calls))
        for number in STOP_SIGNALS:
            asyncio.get_running_loop().add_signal_handler(number, work.cancel)
        with suppress(asyncio.CancelledError):
            await work


@asynccontextmanager
async def _naive_work(settings: Settings, calls: AwsCallCounter) -> AsyncIterator[Work]:
    """What the naive loops do with a message, by way of aioboto3."""
    region, poll = settings.region, LONG_POLL_SECONDS
    async with (
        open_boto_client("sqs", region, calls, read_seconds=poll, connections=CONNECTIONS) as sqs,
        open_boto_client("dynamodb", region, calls, connections=CONNECTIONS) as dynamodb,
    ):
        yield Work(sqs, dynamodb, settings)


async def _consumer_alone(settings: Settings, calls: AwsCallCounter) -> None:
    """Receive and delete, with a handler that does nothing."""

    async def do_nothing(_message: Message) -> None:
        return

    await _consume(settings, calls, do_nothing)


async def _our_consumer(settings: Settings, calls: AwsCallCounter) -> None:
    """Feed the naive loops' payment, which pays twice whatever it is given twice."""
    async with _naive_work(settings, calls) as work:

        async def pay(message: Message) -> None:
            await work.pay(message.body)

        await _consume(settings, calls, pay)


async def _consume(settings: Settings, calls: AwsCallCounter, handler: Handler) -> None:
    async with open_fast_client(
        settings.region, os.environ, calls, connections=CONNECTIONS
    ) as client:
        consumer = Consumer(
            _queue(open_sqs(client), settings), handler, consumer_settings(settings)
        )
        for number in STOP_SIGNALS:
            asyncio.get_running_loop().add_signal_handler(number, consumer.stop)
        _log.info("ready")
        await consumer.run()


def _queue(sqs: SQS, settings: Settings) -> OrdersQueue:
    return OrdersQueue(
        sqs,
        queue_url=settings.queue_url,
        dead_letter_queue_url=settings.dead_letter_queue_url,
    )


async def _one_by_one(settings: Settings, calls: AwsCallCounter) -> None:
    """Fulfil as safely as ours does, with one call for each step of each order."""
    async with open_fast_client(
        settings.region, os.environ, calls, connections=CONNECTIONS
    ) as client:
        dynamodb, queue = open_dynamodb(client), _queue(open_sqs(client), settings)
        fulfilment = Fulfilment(
            store=DynamoOrderStore(dynamodb, settings.tables),
            payments=SimulatedPaymentProvider(
                DynamoLedger(dynamodb, settings.payments_table),
                payment_seconds=settings.payment_seconds,
            ),
            lease_seconds=settings.lease_seconds,
        )

        async def work() -> None:
            while True:
                for message in await queue.receive(
                    1,
                    wait_seconds=20,
                    visibility_timeout_seconds=settings.visibility_timeout_seconds,
                ):
                    await fulfilment.fulfil(decode_order_placed(message.body).order_id)
                    await queue.delete([message.receipt])

        _log.info("ready")
        await asyncio.gather(*(work() for _ in range(settings.concurrency)))


def _naive(variant: str) -> Run:
    async def run(settings: Settings, calls: AwsCallCounter) -> None:
        async with _naive_work(settings, calls) as work:
            _log.info("ready")
            await LOOPS[variant](work)

    return run


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
