"""How a status is written: with the key of the status index that belongs to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from orders.model import OrderStatus
from orders.status_index import key_of

# `status` is a reserved word of DynamoDB's expressions.
STATUS_NAME = {"#status": "status"}
# The only way to write a status: the shard moves with it, or listings miss the order.
MOVE = "#status = :status, statusShard = :shard"


@dataclass(frozen=True, slots=True)
class StatusShards:
    """Spreads the orders of one status over `count` shards, by their ids."""

    count: int

    def key(self, order_id: str, status: OrderStatus) -> str:
        """Return the index key of an order."""
        return key_of(order_id, status, self.count)

    def move(self, order_id: str, status: OrderStatus) -> dict[str, Any]:
        """Return the values that `MOVE` writes."""
        return {":status": {"S": status.value}, ":shard": {"S": self.key(order_id, status)}}
