"""How orders and products are laid out in their tables, both ways."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from orders.model import FailureReason, ListedOrder, Order, OrderLine, OrderStatus, Product
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


@dataclass(frozen=True, slots=True)
class Tables:
    """The names of the tables, and how the orders of one status are spread."""

    orders: str
    products: str
    shards: StatusShards


AttributeMap = Mapping[str, Any]

_lines = msgspec.json.Decoder(tuple[OrderLine, ...])

INSERTED_ATTRIBUTES = (
    "orderId",
    "customerId",
    "lines",
    "totalCents",
    "status",
    "statusShard",
    "createdAt",
    "contentHash",
)


def inserted_values(order: Order, shards: StatusShards) -> list[dict[str, str]]:
    """Return the values of `INSERTED_ATTRIBUTES`, in that order, for a new order."""
    return [
        {"S": order.order_id},
        {"S": order.customer_id},
        {"S": msgspec.json.encode(order.items).decode()},
        {"N": str(order.total_cents)},
        {"S": order.status.value},
        {"S": shards.key(order.order_id, order.status)},
        {"S": order.created_at},
        {"S": order.content_hash},
    ]


def order_from_item(item: AttributeMap) -> Order:
    """Return the order that an item of the orders table holds."""
    return Order(**_listed(item), content_hash=item["contentHash"]["S"])


def listed_order_from_item(item: AttributeMap) -> ListedOrder:
    """Return what an item of the status index holds of an order."""
    return ListedOrder(**_listed(item))


def _listed(item: AttributeMap) -> dict[str, Any]:
    settled_at = item.get("settledAt")
    return {
        "order_id": item["orderId"]["S"],
        "customer_id": item["customerId"]["S"],
        "items": _lines.decode(item["lines"]["S"]),
        "total_cents": int(item["totalCents"]["N"]),
        "status": OrderStatus(item["status"]["S"]),
        "created_at": item["createdAt"]["S"],
        "settled_at": settled_at["S"] if settled_at else None,
        "failure_reason": failure_from_item(item),
    }


def failure_from_item(item: AttributeMap) -> FailureReason | None:
    """Return the failure decided on, settled or not yet."""
    reason = item.get("failureReason")
    return FailureReason(reason["S"]) if reason else None


def product_from_item(item: AttributeMap) -> Product:
    """Return the product that an item of the products table holds."""
    return Product(
        product_id=item["productId"]["S"],
        name=item["name"]["S"],
        price_cents=int(item["priceCents"]["N"]),
        stock=int(item["stock"]["N"]),
    )
