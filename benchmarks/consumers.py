"""The consumers that are measured: `python -m benchmarks.consumers VARIANT`.

All take the processor's environment variables and log the same events.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress

import uvloop

from adapters.aws.clients import AwsClients, open_aws_clients
from adapters.aws.quick_clients import quick_sqs
from adapters.orders.store import DynamoOrderStore
from adapters.payments.ledger import DynamoLedger
from adapters.payments.simulated_provider import SimulatedPaymentProvider
from benchmarks.naive_loops import LOOPS, Work
from kit.logging import configure_logging, get_logger
from orders.fulfilment import Fulfilment
from orders.message import decode_order_placed
from processor.__main__ import main as processor
from processor.service import consumer_settings
from processor.settings import Settings, settings_from
from sqs_consumer import Consumer, Handler, Message, SqsQueue

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


Run = Callable[[Settings, AwsClients], Awaitable[None]]


async def _run(run: Run, settings: Settings) -> None:
    async with open_aws_clients(settings.region, connections=128) as clients:
        work = asyncio.ensure_future(run(settings, clients))
        for number in STOP_SIGNALS:
            asyncio.get_running_loop().add_signal_handler(number, work.cancel)
        with suppress(asyncio.CancelledError):
            await work


async def _consumer_alone(settings: Settings, clients: AwsClients) -> None:
    """Receive and delete, with a handler that does nothing."""

    async def do_nothing(_message: Message) -> None:
        return

    await _consume(settings, clients, do_nothing)


async def _our_consumer(settings: Settings, clients: AwsClients) -> None:
    """Feed the naive loops' payment, which pays twice whatever it is given twice."""
    work = Work(await clients.sqs(), await clients.dynamodb(), settings)

    async def pay(message: Message) -> None:
        await work.pay(message.body)

    await _consume(settings, clients, pay)


async def _consume(settings: Settings, clients: AwsClients, handler: Handler) -> None:
    queue = SqsQueue(
        quick_sqs(await clients.sqs()),
        queue_url=settings.queue_url,
        dead_letter_queue_url=settings.dead_letter_queue_url,
    )

    consumer = Consumer(queue, handler, consumer_settings(settings))
    for number in STOP_SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, consumer.stop)
    _log.info("ready")
    await consumer.run()


async def _one_by_one(settings: Settings, clients: AwsClients) -> None:
    """Fulfil as safely as ours does, with one call for each step of each order."""
    sqs, dynamodb = await clients.sqs(), await clients.dynamodb()
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
            answer = await sqs.receive_message(
                QueueUrl=settings.queue_url, MaxNumberOfMessages=1, WaitTimeSeconds=20
            )
            for message in answer.get("Messages", []):
                await fulfilment.fulfil(decode_order_placed(message["Body"]).order_id)
                await sqs.delete_message(
                    QueueUrl=settings.queue_url, ReceiptHandle=message["ReceiptHandle"]
                )

    _log.info("ready")
    await asyncio.gather(*(work() for _ in range(settings.concurrency)))


def _naive(variant: str) -> Run:
    async def run(settings: Settings, clients: AwsClients) -> None:
        work = Work(await clients.sqs(), await clients.dynamodb(), settings)
        _log.info("ready")
        await LOOPS[variant](work)

    return run


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
