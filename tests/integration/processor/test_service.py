from __future__ import annotations

import http.client
import json
import signal
import socket
import time
from collections.abc import Callable
from contextlib import closing

import pytest

from tests.support.queue_shop import ProcessorProcess, QueueShop, until

pytestmark = pytest.mark.integration

Start = Callable[..., ProcessorProcess]


def status(processor: ProcessorProcess, path: str) -> int:
    with closing(http.client.HTTPConnection("127.0.0.1", processor.port, timeout=5)) as client:
        client.request("GET", path)
        return client.getresponse().status


def test_announced_orders_are_paid_once_and_their_messages_deleted(
    shop: QueueShop, processor: Start
) -> None:
    shop.stock(1000)
    order_ids = shop.order(100)
    running = processor()
    until(lambda: shop.waiting() == (0, 0))
    shop.assert_books_agree(order_ids, 1000)
    running.popen.terminate()
    assert running.exit_code() == 0
    calls = [event["calls"] for event in running.named("aws_calls")]
    assert sum(sum(each.values()) for each in calls) < 100, "less than one call an order"


def test_it_is_alive_and_ready_and_says_so(processor: Start) -> None:
    running = processor()
    assert status(running, "/health") == 200
    assert status(running, "/ready") == 200
    assert next(event["event"] for event in running.events()) == "ready"


def test_it_is_alive_but_not_ready_while_its_queue_does_not_exist(
    shop: QueueShop, processor: Start
) -> None:
    running = processor(wait=False, SQS_QUEUE_URL=shop.queue + "-of-yesterday")
    until(running.log.read_text)
    until(lambda: status(running, "/health") == 200)
    assert status(running, "/ready") == 503
    [failing] = running.named("queue_failing")
    assert "NonExistentQueue" in json.dumps(failing) or "QueueDoesNotExist" in json.dumps(failing)
    running.popen.terminate()
    assert running.exit_code() == 0


def test_sold_out_orders_fail_and_nobody_pays_for_them(shop: QueueShop, processor: Start) -> None:
    shop.stock(7)
    shop.order(20)
    processor(PAYMENT_SECONDS="0.1")
    until(lambda: shop.waiting() == (0, 0))
    assert sorted(shop.statuses()) == ["COMPLETED"] * 7 + ["FAILED"] * 13
    assert len(shop.charged()) == 7
    assert shop.stock_left() == 0


def test_what_cannot_be_read_or_found_is_set_aside_with_its_reason(
    shop: QueueShop, processor: Start
) -> None:
    shop.send(["nonsense", '{"schema":1,"order_id":"nobody"}', '{"schema":7,"order_id":"o"}'])
    processor()
    until(lambda: shop.waiting() == (0, 0))
    reasons = dict(shop.set_aside())
    assert reasons['{"schema":1,"order_id":"nobody"}'] == "order nobody does not exist"
    assert reasons['{"schema":7,"order_id":"o"}'] == "unreadable: schema 7 is not 1"
    assert reasons["nonsense"].startswith("unreadable: ")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_signal_lets_payments_end_and_leaves_nothing_invisible(
    shop: QueueShop, processor: Start, number: signal.Signals
) -> None:
    shop.stock(1000)
    shop.order(50)
    running = processor(PAYMENT_SECONDS="1", PROCESSOR_CONCURRENCY="10")
    until(lambda: shop.waiting()[1] == 10)
    time.sleep(0.3)
    running.popen.send_signal(number)
    assert running.exit_code() == 0
    visible, invisible = shop.waiting()
    assert invisible == 0
    assert 50 - visible == len(shop.charged()) == shop.statuses().count("COMPLETED")
    assert "PROCESSING" not in shop.statuses()
    assert running.events()[-1]["event"] == "stopped"


def test_work_that_outlasts_the_drain_is_cut_short_handed_back_and_done_by_the_next(
    shop: QueueShop, processor: Start
) -> None:
    shop.stock(1000)
    order_ids = shop.order(5)
    first = processor(PAYMENT_SECONDS="6", DRAIN_SECONDS="2", LEASE_SECONDS="12")
    until(lambda: shop.statuses() == ["PROCESSING"] * 5)
    first.popen.terminate()
    assert first.exit_code() == 1
    assert shop.waiting() == (5, 0)
    processor(PAYMENT_SECONDS="0.1", LEASE_SECONDS="12")
    until(lambda: shop.waiting() == (0, 0))
    shop.assert_books_agree(order_ids, 1000)


def test_a_second_signal_forces_the_end_at_once(shop: QueueShop, processor: Start) -> None:
    shop.stock(1000)
    shop.order(5)
    running = processor(
        PAYMENT_SECONDS="60", LEASE_SECONDS="70", DRAIN_SECONDS="90", STOP_TIMEOUT_SECONDS="100"
    )
    until(lambda: shop.statuses() == ["PROCESSING"] * 5)
    running.popen.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    assert running.popen.poll() is None
    running.popen.send_signal(signal.SIGINT)
    assert running.exit_code() == 128 + signal.SIGINT
    until(lambda: shop.waiting() == (5, 0))


def test_two_processors_share_a_port_and_a_queue(shop: QueueShop, processor: Start) -> None:
    shop.stock(1000)
    order_ids = shop.order(100)
    first = processor()
    second = processor(port=first.port)
    until(lambda: shop.waiting() == (0, 0))
    shop.assert_books_agree(order_ids, 1000)
    assert second.popen.poll() is None


def test_a_port_that_is_taken_is_one_clear_line(processor: Start) -> None:
    with socket.create_server(("0.0.0.0", 0)) as other:  # noqa: S104 - the whole port is taken
        port = other.getsockname()[1]
        running = processor(port=port, wait=False)
        assert running.exit_code() == 2
    assert running.log.read_text() == (
        f"PORT = {port}: is in use by another program; stop that one or set another PORT\n"
    )


def test_wrong_settings_are_one_clear_line_each(processor: Start) -> None:
    running = processor(wait=False, PROCESSOR_CONCURRENCY="0", DLQ_URL="")
    assert running.exit_code() == 2
    assert running.log.read_text().splitlines() == [
        "DLQ_URL: is not set; the service cannot start without it",
        "PROCESSOR_CONCURRENCY = 0: must be a whole number from 1 to 1000, in plain digits",
    ]
