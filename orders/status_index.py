"""Where an order stands in the status index: under its status and a shard, such as `PENDING#07`.

One partition takes 1,000 write units a second, and every order moves into and out of a status, so
one partition a status would end at about 500 orders a second (docs/adr/0010).
"""

from __future__ import annotations

from zlib import crc32

from orders.model import OrderStatus

STATUS_INDEX = "status-index"
# As many as the table's own default quota of 40,000 write units is worth, at 4 an order:
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
# Readers ask for all of them, whatever is configured: an order stays where it was last written.
MAX_SHARDS = 20
_SUFFIXES = [f"#{shard:02}" for shard in range(MAX_SHARDS)]


def key_of(order_id: str, status: OrderStatus, shards: int) -> str:
    """Return the index key of an order; the same in every process and Python version."""
    return status + _SUFFIXES[crc32(order_id.encode()) % shards]


def keys_of(status: OrderStatus) -> list[str]:
    """Return every key under which orders of a status may be."""
    return [status + suffix for suffix in _SUFFIXES]
