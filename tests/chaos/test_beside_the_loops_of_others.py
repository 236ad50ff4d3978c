"""The same trouble for the consumers that predecessors wrote, and for ours.

Theirs pay some orders twice; that they do is the point of the comparison, and that the trouble is
real. `benchmarks/naive_loops.py` holds them, in a few lines each.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from tests.support.emulator import RunningEmulator
from tests.support.queue_shop import ProcessorProcess, QueueShop, until

pytestmark = [pytest.mark.chaos, pytest.mark.integration]

Start = Callable[..., ProcessorProcess]
OURS = "ours"
STOCK = 10_000


def paid_twice(shop: QueueShop) -> int:
    return sum(times > 1 for times in Counter(shop.charged()).values())


def busy_shop(emulator: RunningEmulator, orders: int, visibility_seconds: int) -> QueueShop:
    shop = QueueShop(emulator, visibility_seconds=visibility_seconds)
    shop.stock(STOCK)
    shop.order(orders)
    return shop


def start_two(shop: QueueShop, consumer: Start, variant: str) -> None:
    for _ in range(2):
        consumer(
            shop,
            variant,
            VISIBILITY_TIMEOUT_SECONDS="4",
            HEARTBEAT_SECONDS="1",
            LEASE_SECONDS="7",
            PAYMENT_SECONDS="1",
            PROCESSOR_CONCURRENCY="5",
        )


@pytest.mark.parametrize("variant", ["ten_in_a_row", "receive_before_permit"])
def test_messages_that_wait_in_the_process_expire_there_and_are_paid_twice(
    emulator: RunningEmulator, consumer: Start, variant: str
) -> None:
    """A queue busier than its consumers, and a visibility time-out of four payments."""
    theirs, ours = busy_shop(emulator, 60, 4), busy_shop(emulator, 60, 4)
    start_two(theirs, consumer, variant)
    start_two(ours, consumer, OURS)
    until(lambda: ours.waiting() == (0, 0), seconds=60)
    assert ours.statuses() == ["COMPLETED"] * 60
    assert paid_twice(ours) == 0
    until(lambda: paid_twice(theirs) > 0, seconds=60)


def test_a_stop_in_the_middle_of_a_batch(emulator: RunningEmulator, consumer: Start) -> None:
    """Payments that were under way at the stop are begun again by the next, or are done once."""
    began_twice = {}
    for variant in ("whole_batch", OURS):
        shop = busy_shop(emulator, 60, 4)
        settings = {
            "VISIBILITY_TIMEOUT_SECONDS": "4",
            "HEARTBEAT_SECONDS": "1",
            "LEASE_SECONDS": "8",
            "PAYMENT_SECONDS": "2",
            "PROCESSOR_CONCURRENCY": "30",
            "DRAIN_SECONDS": "5",
        }
        first = consumer(shop, variant, **settings)
        until(lambda shop=shop: shop.waiting()[1] >= 30)  # type: ignore[misc]
        first.popen.terminate()
        assert first.exit_code() == 0
        began_twice[variant] = shop.waiting()[1]
        consumer(shop, variant, **settings)
        until(lambda shop=shop: shop.waiting() == (0, 0), seconds=60)  # type: ignore[misc]
        assert paid_twice(shop) == 0 or variant != OURS
    assert began_twice["whole_batch"] >= 30, "left invisible, and begun again by the next"
    assert began_twice[OURS] == 0
