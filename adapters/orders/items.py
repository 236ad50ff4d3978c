"""How an order is laid out as a DynamoDB item, both ways."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from adapters.orders.status_shards import StatusShards
from orders.model import FailureReason, ListedOrder, Order, OrderLine, OrderStatus, Product

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb.type_defs import AttributeValueTypeDef

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


def inserted_values(order: Order, shards: StatusShards) -> list[AttributeValueTypeDef]:
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
