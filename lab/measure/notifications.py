"""Which settled orders customers were told of, by what the function that tells them logged."""

from __future__ import annotations

import time
from collections.abc import Collection
from typing import NamedTuple

from lab.measure.ledgers import Ledgers
from lab.measure.logs import read_events
from lab.measure.system import System

NOTIFIED = "customer_notified"
# From the settlement through stream, topic and function; the last ones come as a burst.
LONGEST_SECONDS = 20.0
POLL_SECONDS = 0.25


class Told(NamedTuple):
    """What a customer heard of an order."""

    order_id: str
    status: str


def told_when_settled(
    system: System, ledgers: Ledgers, *, longest_seconds: float = LONGEST_SECONDS
) -> Collection[Told] | None:
    """Return everything that customers were told, once each settled order is among it.

    Or what they were told until the wait was over. None where the topology tells nobody.
    """
    if "notify_failures_url" not in system.outputs:
        return None
    wanted = {each.order_id for each in ledgers.orders.values() if each.settled}
    deadline = time.monotonic() + longest_seconds
    while True:
        system.check()
        told = {
            Told(event.fields["order_id"], event.fields["status"])
            for event in read_events(system.logs, {NOTIFIED})
        }
        if wanted <= {each.order_id for each in told} or time.monotonic() > deadline:
            return told
        time.sleep(POLL_SECONDS)
