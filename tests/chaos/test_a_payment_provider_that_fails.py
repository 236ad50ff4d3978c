"""The provider declines, fails, loses answers and hangs; no order is lost, none is paid twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import msgspec
import pytest

from adapters.payments.faults import PaymentFaults, PaymentLatency
from tests.support.emulator import RunningEmulator
from tests.support.queue_shop import ProcessorProcess, QueueShop, until

pytestmark = [pytest.mark.chaos, pytest.mark.integration]

ORDERS = 200
STOCK = 120
FAULTS = PaymentFaults(
    decline_rate=0.1,
    error_before_rate=0.15,
    error_after_rate=0.15,
    hang_rate=0.05,
    latency=PaymentLatency.LOGNORMAL,
)


def test_every_order_settles_as_the_ledger_says(
    emulator: RunningEmulator, consumer: Callable[..., ProcessorProcess]
) -> None:
    shop = QueueShop(emulator, visibility_seconds=30)
    shop.stock(STOCK)
    shop.order(ORDERS)
    consumer(
        shop,
        PAYMENT_SECONDS="0.2",
        PAYMENT_FAULTS=msgspec.json.encode(FAULTS).decode(),
        LEASE_SECONDS="20",
        PROCESSOR_CONCURRENCY="100",
    )
    until(lambda: shop.waiting() == (0, 0), seconds=120)
    statuses = Counter(shop.statuses())
    ledger = Counter(shop.ledger().values())
    assert shop.set_aside() == []
    assert statuses["COMPLETED"] == ledger["CHARGED"] == STOCK - shop.stock_left()
    assert statuses["FAILED"] == ledger["DECLINED"] + ledger["REFUNDED"]
    assert statuses.total() == ledger.total() == ORDERS
    assert ledger["DECLINED"] > 0
    assert shop.stock_left() == 0
