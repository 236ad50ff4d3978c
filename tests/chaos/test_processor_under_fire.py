"""Processors are killed, cut off and doubled; no order is lost, none is paid twice."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.integration.receiver.breakable_wire import BreakableWire
from tests.support.emulator import RunningEmulator
from tests.support.queue_shop import ProcessorProcess, QueueShop, until

pytestmark = [pytest.mark.chaos, pytest.mark.integration]

Start = Callable[..., ProcessorProcess]
STOCK = 10_000
# A lease ends before the message of a dead worker is seen again.
SHORT = {
    "PAYMENT_SECONDS": "3",
    "LEASE_SECONDS": "9",
    "VISIBILITY_TIMEOUT_SECONDS": "10",
    "VISIBILITY_EXTENSION_INTERVAL_SECONDS": "3",
}


@pytest.fixture
def shop(emulator: RunningEmulator) -> QueueShop:
    shop = QueueShop(emulator, visibility_seconds=10)
    shop.stock(STOCK)
    return shop


def until_done(shop: QueueShop) -> None:
    until(lambda: shop.waiting() == (0, 0), seconds=90)


def test_kill_minus_9_with_a_hundred_payments_under_way(shop: QueueShop, consumer: Start) -> None:
    order_ids = shop.order(150)
    first = consumer(shop, **SHORT, PROCESSOR_CONCURRENCY="100")
    until(lambda: shop.statuses().count("PROCESSING") == 100)
    first.kill()
    consumer(shop, **SHORT, PROCESSOR_CONCURRENCY="100")
    until_done(shop)
    shop.assert_books_agree(order_ids, STOCK)


def test_kill_minus_9_between_the_charge_and_the_delete(shop: QueueShop, consumer: Start) -> None:
    order_ids = shop.order(100)
    first = consumer(shop, **SHORT, PROCESSOR_CONCURRENCY="100")
    until(lambda: shop.statuses().count("PROCESSING") == 100)
    until(shop.charged)
    first.kill()
    consumer(shop, **SHORT, PROCESSOR_CONCURRENCY="100")
    until_done(shop)
    shop.assert_books_agree(order_ids, STOCK)


def test_sigterm_with_a_hundred_payments_under_way(shop: QueueShop, consumer: Start) -> None:
    order_ids = shop.order(200)
    first = consumer(shop, **SHORT, PROCESSOR_CONCURRENCY="100", DRAIN_SECONDS="9")
    until(lambda: shop.statuses().count("PROCESSING") == 100)
    first.popen.terminate()
    assert first.exit_code() == 0, "not within the drain"
    visible, invisible = shop.waiting()
    assert invisible == 0
    assert len(shop.charged()) == 200 - visible
    assert shop.statuses().count("PROCESSING") == 0
    second = consumer(shop, **SHORT, PROCESSOR_CONCURRENCY="100")
    until_done(shop)
    shop.assert_books_agree(order_ids, STOCK)
    assert second.named("message_retried") == []


def test_two_processors_at_once_of_which_one_dies_and_one_is_stopped(
    shop: QueueShop, consumer: Start
) -> None:
    order_ids = shop.order(200)
    first = consumer(shop, **SHORT, PROCESSOR_CONCURRENCY="30")
    second = consumer(shop, **SHORT, PROCESSOR_CONCURRENCY="30", DRAIN_SECONDS="6")
    until(lambda: shop.statuses().count("PROCESSING") >= 40)
    first.kill()
    consumer(shop, **SHORT, PROCESSOR_CONCURRENCY="60")
    time.sleep(1)
    second.popen.terminate()
    assert second.exit_code() == 0
    until_done(shop)
    shop.assert_books_agree(order_ids, STOCK)


def test_a_visibility_shorter_than_the_work(emulator: RunningEmulator, consumer: Start) -> None:
    shop = QueueShop(emulator, visibility_seconds=2)
    shop.stock(STOCK)
    order_ids = shop.order(60)
    # Whether each extension comes in time is up to the machine here; the tests on the virtual clock
    # hold the consumer to it. Here a late one must do no harm.
    consumer(
        shop,
        PAYMENT_SECONDS="7",
        LEASE_SECONDS="30",
        VISIBILITY_TIMEOUT_SECONDS="3",
        VISIBILITY_EXTENSION_INTERVAL_SECONDS="0.7",
        PROCESSOR_CONCURRENCY="30",
    )
    until_done(shop)
    shop.assert_books_agree(order_ids, STOCK)


def test_a_processor_that_cannot_extend_is_overtaken_and_nobody_pays_twice(
    shop: QueueShop, consumer: Start, wire: BreakableWire
) -> None:
    """Its messages and leases run out while it pays; another takes them; it comes back."""
    order_ids = shop.order(20)
    changes = {**SHORT, "PAYMENT_SECONDS": "3.5"}
    cut_off = consumer(shop, **changes, AWS_ENDPOINT_URL=f"http://127.0.0.1:{wire.port}")
    until(lambda: shop.statuses().count("PROCESSING") == 20)
    wire.cut()
    consumer(shop, **changes)
    time.sleep(12)
    wire.mend()
    until_done(shop)
    shop.assert_books_agree(order_ids, STOCK)
    assert cut_off.popen.poll() is None


def test_ten_seconds_without_aws(shop: QueueShop, consumer: Start, wire: BreakableWire) -> None:
    order_ids = shop.order(120)
    running = consumer(
        shop,
        **SHORT,
        PROCESSOR_CONCURRENCY="40",
        AWS_ENDPOINT_URL=f"http://127.0.0.1:{wire.port}",
    )
    until(lambda: len(shop.charged()) >= 40)
    wire.cut()
    time.sleep(10)
    wire.mend()
    until_done(shop)
    shop.assert_books_agree(order_ids, STOCK)
    kinds = [kind for line in running.named("queue_failing") for kind in line["counts"]]
    assert "receive: NoAnswer" in kinds
    assert len(running.named("queue_failing")) <= len(set(kinds)), "a minute has one line a kind"
    assert len(running.named("queue_recovered")) == 1
    running.popen.terminate()
    assert running.exit_code() == 0
