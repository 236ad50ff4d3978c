"""Receiver and processor at work while every call that blocks an event loop is an error."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from engine.emulator.server import free_port
from tests.integration.receiver.process import ReceiverProcess, running_process
from tests.support.emulator import RunningEmulator
from tests.support.open_shop import OpenShop
from tests.support.queue_shop import ProcessorProcess, start_process, until

pytestmark = pytest.mark.integration

WATCHED = "tests.support.unblocked"
STOCK = 1000
ORDERS = 60
ONE = [{"product_id": "1", "quantity": 1}]
SERVED = (
    ("GET", "/health", 200),
    ("GET", "/ready", 200),
    ("GET", "/openapi.json", 200),
    ("GET", "/orders/nobody", 404),
    ("DELETE", "/orders", 405),
    ("OPTIONS", "/orders", 204),
)


@pytest.fixture
def shop(shared_emulator: RunningEmulator) -> OpenShop:
    shop = OpenShop(shared_emulator)
    shop.stock(STOCK)
    return shop


@pytest.fixture
def end() -> Iterator[ExitStack]:
    with ExitStack() as end:
        yield end


@pytest.fixture
def receiver(shop: OpenShop, tmp_path: Path, end: ExitStack) -> ReceiverProcess:
    variables = {**shop.door(), "TOPOLOGY": "async"}
    started = running_process(variables, tmp_path / "receiver.log", (WATCHED, "receiver"))
    end.callback(started.kill)
    return started


@pytest.fixture
def processor(shop: OpenShop, tmp_path: Path, end: ExitStack) -> ProcessorProcess:
    command = [sys.executable, "-m", WATCHED, "processor"]
    started = start_process(command, shop.environment(), free_port(), tmp_path / "processor.log")
    end.callback(started.kill)
    return started


def watch(process: ReceiverProcess | ProcessorProcess) -> None:
    """Make every blocking call an error from now on."""
    process.popen.send_signal(signal.SIGUSR1)
    until(lambda: '"watched"' in process.log.read_text())


def test_a_sale_goes_through_without_one_blocking_call(
    shop: OpenShop, receiver: ReceiverProcess, processor: ProcessorProcess
) -> None:
    both = (receiver, processor)
    for each in both:
        watch(each)
    with ThreadPoolExecutor(20) as pool:
        accepted = list(pool.map(lambda _: receiver.order(items=ONE), range(ORDERS)))
        settled = list(pool.map(lambda _: receiver.order("/orders/sync", items=ONE), range(3)))
    assert {answer.status for answer in accepted} == {202}
    assert {answer.status for answer in settled} == {200}
    for method, path, status in SERVED:
        assert receiver.request(method, path).status == status, path
    until(lambda: shop.waiting() == (0, 0))
    shop.assert_settled_once([answer.json()["order_id"] for answer in accepted + settled], STOCK)
    for each in both:
        each.popen.terminate()
        assert each.exit_code() == 0
        assert "Blocking" not in each.log.read_text()
