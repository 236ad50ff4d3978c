from __future__ import annotations

import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.integration.receiver.process import ReceiverProcess

pytestmark = pytest.mark.integration

Start = Callable[..., ReceiverProcess]


def until_claimed(receiver: ReceiverProcess, order_id: str) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        found = receiver.request("GET", f"/orders/{order_id}")
        if found.status == 200 and found.json()["status"] == "PROCESSING":
            return
        time.sleep(0.01)
    raise AssertionError(f"{order_id} was never claimed")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_signal_lets_the_payment_end_and_exits_with_0(
    process: Start, number: signal.Signals
) -> None:
    receiver = process(PAYMENT_SECONDS="1")
    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(receiver.order, "/orders/sync", order_id="s-1")
        until_claimed(receiver, "s-1")
        receiver.send(number)
        answer = asking.result()
    assert answer.status == 200
    assert answer.json()["status"] == "COMPLETED"
    assert receiver.exit_code() == 0
    names = [event["event"] for event in receiver.events()]
    assert names[0] == "ready"
    assert names[-1] == "stopped"
    assert receiver.calls()["dynamodb:TransactWriteItems"] == 1


def test_a_second_signal_ends_the_process_at_once(process: Start) -> None:
    receiver = process(PAYMENT_SECONDS="9", DRAIN_SECONDS="15")
    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(receiver.order, "/orders/sync", order_id="s-1")
        until_claimed(receiver, "s-1")
        receiver.send(signal.SIGTERM)
        time.sleep(0.3)
        assert receiver.popen.poll() is None
        receiver.send(signal.SIGTERM)
        assert receiver.exit_code() == 1
        with pytest.raises(OSError, match=r"closed|reset"):
            asking.result()


def test_nobody_is_let_in_after_a_stop_signal(process: Start) -> None:
    receiver = process(PAYMENT_SECONDS="2")
    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(receiver.order, "/orders/sync", order_id="s-1")
        until_claimed(receiver, "s-1")
        receiver.send(signal.SIGTERM)
        time.sleep(0.3)
        with pytest.raises(ConnectionRefusedError):
            receiver.order(order_id="a-1")
        assert asking.result().status == 200
    assert receiver.exit_code() == 0


def test_receivers_share_a_port(process: Start) -> None:
    first = process()
    second = process(PORT=str(first.port))
    assert second.popen.poll() is None
