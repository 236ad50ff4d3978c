from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping

import pytest

from tests.integration.receiver.breakable_wire import BreakableWire
from tests.integration.receiver.process import ReceiverProcess

pytestmark = pytest.mark.integration


@pytest.fixture
def wire(resources: Mapping[str, str]) -> Iterator[BreakableWire]:
    """What lies between the receiver and the emulator."""
    port = int(resources["AWS_ENDPOINT_URL"].rpartition(":")[2])
    with BreakableWire(port).running() as wire:
        yield wire


def until_ready(receiver: ReceiverProcess) -> None:
    deadline = time.monotonic() + 20
    while receiver.request("GET", "/ready").status != 200:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_an_outage_of_aws_is_503_and_the_receiver_recovers_by_itself(
    process: Callable[..., ReceiverProcess], wire: BreakableWire
) -> None:
    receiver = process(AWS_ENDPOINT_URL=f"http://127.0.0.1:{wire.port}")
    assert receiver.order(order_id="before").status == 202

    wire.cut()
    refused = receiver.order(order_id="meanwhile")
    assert refused.status == 503
    assert int(refused.headers["Retry-After"]) >= 1
    assert refused.json()["order_id"] == "meanwhile"
    assert receiver.request("GET", "/ready").status == 503
    assert receiver.request("GET", "/health").status == 200

    wire.mend()
    until_ready(receiver)
    assert receiver.order(order_id="meanwhile").status == 202
    for order_id in ("before", "meanwhile"):
        assert receiver.request("GET", f"/orders/{order_id}").status == 200
    receiver.popen.terminate()
    assert receiver.exit_code() == 0
