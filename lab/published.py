"""What the predecessors published of the flash sale on AWS, in one table.

docs/predecessors.md holds these figures against arithmetic and against ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from lab.load.scenarios import FLASH
from lab.results.model import ScenarioResult
from lab.topologies import ASYNC, SERVERLESS, SYNC

PAYMENT_SECONDS = 3.0
ACCEPT_MS = (33, 41)
ACCEPTED_PER_SECOND = (57, 58)
PEAK_WAITING = MappingProxyType({1: 3_420, 5: 3_277, 20: 2_579, 100: 616})
"""Workers to the most visible messages of the queue."""
INIT_MS = ((66, 78), (188, 1409))
"""The initialisation of a Go function, in two documents."""
INIT_SHARE = 0.024
"""What a start adds to a payment, in the first of them."""
ACCEPT_SECONDS = sum(ACCEPT_MS) / 2 / 1000
"""The middle of what accepting an order took without paying it."""


@dataclass(frozen=True)
class Figure:
    """One figure of their flash sale, by topology and by the row of the report it belongs to."""

    topology: str
    row: str
    text: str


FIGURES = (
    Figure(SYNC.name, "accepted", "95"),
    Figure(SYNC.name, "accepted_per_second", "1.66"),
    Figure(SYNC.name, "accept_ms p50", "10.7 s (mean)"),
    Figure(ASYNC.name, "accepted", "3,500"),
    Figure(ASYNC.name, "accepted_per_second", "{} to {}".format(*ACCEPTED_PER_SECOND)),
    Figure(ASYNC.name, "accept_ms p50", "{} to {} ms (mean)".format(*ACCEPT_MS)),
    Figure(ASYNC.name, "dollars_per_million_orders", "$17"),
    Figure(SERVERLESS.name, "dollars_per_million_orders", "$25.20"),
)


def published(scenario: str, row: str, topologies: list[str]) -> str:
    """Return what was published for a row of the report, empty where nothing was."""
    if scenario != FLASH.name:
        return ""
    found = [each for each in FIGURES if each.row == row and each.topology in topologies]
    return ", ".join(f"{each.topology} {each.text}" for each in found)


def like_theirs(sale: ScenarioResult, payment_seconds: float) -> bool:
    """Tell whether a sale had their customers, their length and their payments."""
    theirs = (FLASH.users, FLASH.duration_seconds, FLASH.spawn_rate, PAYMENT_SECONDS)
    return (sale.users, sale.duration_seconds, sale.spawn_rate, payment_seconds) == theirs
