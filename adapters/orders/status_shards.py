"""Where an order stands in the status index: under its status and a shard, such as `PENDING#07`.

One partition takes 1,000 write units a second, and every order moves into and out of a status, so
one partition a status would end at about 500 orders a second.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from zlib import crc32

from orders.model import OrderStatus

# As many as the table's own default quota of 40,000 write units is worth, at 4 an order:
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
# Readers ask for all of them, whatever is configured: an order stays where it was last written.
MAX_SHARDS = 20
_SUFFIXES = [f"#{shard:02}" for shard in range(MAX_SHARDS)]

# `status` is a reserved word of DynamoDB's expressions.
STATUS_NAME = {"#status": "status"}
# The only way to write a status: the shard moves with it, or listings miss the order.
MOVE = "#status = :status, statusShard = :shard"


@dataclass(frozen=True, slots=True)
class StatusShards:
    """Spreads the orders of one status over `count` shards, by their ids."""

    count: int

    def key(self, order_id: str, status: OrderStatus) -> str:
        """Return the index key of an order; the same in every process and Python version."""
        return status + _SUFFIXES[crc32(order_id.encode()) % self.count]

    def move(self, order_id: str, status: OrderStatus) -> dict[str, Any]:
        """Return the values that `MOVE` writes."""
        return {":status": {"S": status.value}, ":shard": {"S": self.key(order_id, status)}}


def keys_of(status: OrderStatus) -> list[str]:
    """Return every key under which orders of a status may be."""
    return [status + suffix for suffix in _SUFFIXES]
