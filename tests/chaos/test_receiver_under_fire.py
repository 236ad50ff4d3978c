"""Receivers are killed and cut off while customers order: what was accepted is settled, once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from engine.emulator.server import free_port
from tests.integration.receiver.breakable_wire import BreakableWire
from tests.integration.receiver.process import ReceiverProcess, running_process
from tests.support.customers import Customers, customers_of
from tests.support.emulator import RunningEmulator
from tests.support.open_shop import OpenShop
from tests.support.queue_shop import ProcessorProcess, until

pytestmark = [pytest.mark.chaos, pytest.mark.integration]

Start = Callable[..., ProcessorProcess]
Open = Callable[..., ReceiverProcess]
STOCK = 100_000
# Accepted between two blows.
MEANWHILE = 150
OUTAGE_SECONDS = 10
VISIBILITY_SECONDS = 6
QUICK = {
    "PAYMENT_SECONDS": "0.1",
    "PROCESSOR_CONCURRENCY": "100",
    "LEASE_SECONDS": "6",
    "VISIBILITY_TIMEOUT_SECONDS": str(VISIBILITY_SECONDS),
    "VISIBILITY_EXTENSION_INTERVAL_SECONDS": "3",
}
GROWTH_BYTES = 24 * 1024 * 1024
# DynamoDB's first try and its three retries.
TRIES = 4
PAYMENTS_AT_ONCE = 20
PATIENT = 30


@pytest.fixture
def shop(emulator: RunningEmulator) -> OpenShop:
    shop = OpenShop(emulator, visibility_seconds=VISIBILITY_SECONDS)
    shop.stock(STOCK)
    return shop


@pytest.fixture
def receiver(shop: OpenShop, tmp_path: Path) -> Iterator[Open]:
    """Open receivers of the shop, one after another on one port, with other or more variables."""
    port = free_port()
    running: list[ReceiverProcess] = []

    def start(**changes: str) -> ReceiverProcess:
        variables = {**shop.door(), **changes, "PORT": str(port)}
        running.append(running_process(variables, tmp_path / f"receiver-{len(running)}.log"))
        return running[-1]

    yield start
    for each in running:
        each.kill()


class Rush:
    """Customers who order again and again until the doors close."""

    def __init__(self, customers: Customers) -> None:
        self.customers = customers
        self.given_up: set[str] = set()
        self._closed = False

    def close(self) -> None:
        """Let every customer end with the order at hand."""
        self._closed = True

    async def patiently(self, path: str) -> None:
        """Insist on each order until it is accepted."""
        while not self._closed:
            await self.customers.insist(self.customers.new_order(), path=path)

    async def hastily(self) -> None:
        """Order once; where that brings nothing, order something else."""
        while not self._closed:
            order_id = self.customers.new_order()
            await self.customers.try_once(order_id)
            if order_id not in self.customers.accepted:
                self.given_up.add(order_id)
                await asyncio.sleep(0.1)

    async def accepts(self, more: int) -> None:
        """Return once so many more orders are accepted."""
        enough = len(self.customers.accepted) + more
        await asyncio.to_thread(until, lambda: len(self.customers.accepted) >= enough)


def url_of(receiver: ReceiverProcess) -> str:
    return f"http://127.0.0.1:{receiver.port}"


@asynccontextmanager
async def rush_at(
    receiver: ReceiverProcess, *, patient: int, hasty: int = 0, waiting: int = 0
) -> AsyncIterator[Rush]:
    """Let so many customers order as long as the block runs; `waiting` wait for their payment."""
    async with customers_of(url_of(receiver)) as customers, asyncio.TaskGroup() as shoppers:
        rush = Rush(customers)
        for _ in range(patient):
            shoppers.create_task(rush.patiently("/orders"))
        for _ in range(waiting):
            shoppers.create_task(rush.patiently("/orders/sync"))
        for _ in range(hasty):
            shoppers.create_task(rush.hastily())
        yield rush
        rush.close()


def until_worked_off(shop: OpenShop) -> None:
    until(lambda: shop.waiting() == (0, 0), seconds=90)


async def test_kill_minus_9_while_customers_order(
    shop: OpenShop, consumer: Start, receiver: Open
) -> None:
    consumer(shop, **QUICK)
    running = receiver()
    async with rush_at(running, patient=20, hasty=20) as rush:
        for _ in range(3):
            await rush.accepts(MEANWHILE)
            running.kill()
            running = await asyncio.to_thread(receiver)
        await rush.accepts(MEANWHILE)
    assert rush.customers.without_answer
    until_worked_off(shop)
    shop.assert_settled_once(rush.customers.accepted, STOCK)

    # Whoever got no answer has an order that is paid, or waits, or was never there; the repeat
    # brings each of them to the same end.
    books = shop.books()
    stored = {each: books.orders[each].status for each in rush.given_up & books.orders.keys()}
    assert set(stored.values()) <= {"COMPLETED", "PENDING"}
    async with customers_of(url_of(running)) as returning:
        await returning.insist_all(rush.given_up)
    until_worked_off(shop)
    shop.assert_settled_once(rush.customers.asked, STOCK)


async def test_kill_minus_9_between_storing_and_announcing(
    shop: OpenShop, consumer: Start, receiver: Open, wire: BreakableWire
) -> None:
    """What was not announced was not accepted: nobody hears of it until its customer repeats it."""
    consumer(shop, **QUICK)
    running = receiver(AWS_ENDPOINT_URL=f"http://127.0.0.1:{wire.port}")
    wire.hold(b"PublishBatch")
    async with customers_of(url_of(running)) as customers:
        orders = [customers.new_order() for _ in range(20)]
        buying = [asyncio.create_task(customers.try_once(each)) for each in orders]
        await asyncio.to_thread(until, lambda: len(shop.statuses()) == len(orders))
        running.kill()
        assert await asyncio.gather(*buying) == [()] * len(orders)
        assert shop.statuses() == ["PENDING"] * len(orders)
        await asyncio.to_thread(receiver)
        await customers.insist_all(orders)
    until_worked_off(shop)
    shop.assert_settled_once(orders, STOCK)


async def test_kill_minus_9_between_charging_and_completing(
    shop: OpenShop, receiver: Open, wire: BreakableWire
) -> None:
    """Some orders are paid, some are being paid, some wait: repeats bring all to the same end."""
    sync = {
        "TOPOLOGY": "sync",
        "PAYMENT_SECONDS": "0.5",
        "LEASE_SECONDS": "6",
        "PAYMENT_CONCURRENCY": str(PAYMENTS_AT_ONCE),
        "MAX_PENDING": str(PAYMENTS_AT_ONCE),
    }
    running = receiver(**sync, AWS_ENDPOINT_URL=f"http://127.0.0.1:{wire.port}")
    wire.hold(b"TransactWriteItems")
    async with customers_of(url_of(running)) as customers:
        orders = [customers.new_order() for _ in range(2 * PAYMENTS_AT_ONCE)]
        buying = asyncio.create_task(customers.insist_all(orders))
        await asyncio.to_thread(until, lambda: len(shop.charged()) == PAYMENTS_AT_ONCE)
        running.kill()
        await asyncio.to_thread(receiver, **sync)
        await buying
    assert {answer["status"] for answer in customers.accepted.values()} == {"COMPLETED"}
    shop.assert_settled_once(orders, STOCK)


async def test_ten_seconds_without_aws_while_customers_order(
    shop: OpenShop, consumer: Start, receiver: Open, wire: BreakableWire
) -> None:
    """Receiver and processor are cut off at the same moment; orders come in both ways."""
    cut_off = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{wire.port}"}
    processor = consumer(shop, **QUICK, **cut_off)
    running = receiver(**QUICK, **cut_off, PAYMENT_CONCURRENCY="20", MAX_PENDING="20")
    memory = psutil.Process(running.popen.pid).memory_info
    async with rush_at(running, patient=PATIENT, waiting=10) as rush:
        told = rush.customers.accepted
        await rush.accepts(2 * MEANWHILE)
        size = memory().rss
        wire.hold(b"PublishBatch")  # so that the cut finds orders which are stored and not more
        await asyncio.to_thread(until, lambda: shop.statuses().count("PENDING") >= PATIENT)
        wire.cut()
        asked_before = set(rush.customers.asked)
        await asyncio.sleep(OUTAGE_SECONDS)
        assert told.keys() <= asked_before, "accepted what cannot have been stored"
        assert rush.customers.turned_away[503]
        assert (await asyncio.to_thread(running.request, "GET", "/health")).status == 200
        assert (await asyncio.to_thread(running.request, "GET", "/ready")).status == 503
        wire.mend()
        await rush.accepts(2 * MEANWHILE)
    assert memory().rss - size < GROWTH_BYTES
    assert not rush.customers.without_answer
    until_worked_off(shop)
    shop.assert_settled_once(rush.customers.asked, STOCK)
    for process in (running.popen, processor.popen):
        process.terminate()
    assert (running.exit_code(), processor.exit_code()) == (0, 0)
    for call in ("dynamodb:BatchExecuteStatement", "sns:PublishBatch"):
        assert running.calls()[call] <= TRIES * rush.customers.requests
