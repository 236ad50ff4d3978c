"""The ledgers after a sale, read whole: orders, the payment provider's ledger, and the stock."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lab.measure.item_sizes import NOT_MEASURED, Index, OrderBytes, order_bytes, read_indexes

COMPLETED = "COMPLETED"
FAILED = "FAILED"
CHARGED = "CHARGED"
REFUNDED = "REFUNDED"
OUT_OF_STOCK = "OUT_OF_STOCK"
PAYMENT_DECLINED = "PAYMENT_DECLINED"
PENDING = "PENDING"
PROCESSING = "PROCESSING"
OPEN_STATUSES = (PENDING, PROCESSING)


@dataclass(frozen=True)
class StoredOrder:
    """One item of the orders table; moments are epoch seconds."""

    order_id: str
    status: str
    created_at: float
    settled_at: float | None
    total_cents: int
    units: Mapping[str, int]
    failure_reason: str | None = None
    sizes: OrderBytes = NOT_MEASURED

    @property
    def settled(self) -> bool:
        """Whether the order reached its end."""
        return self.status in (COMPLETED, FAILED)


@dataclass(frozen=True)
class Payment:
    """One item of the payment provider's ledger."""

    idempotency_key: str
    order_id: str
    amount_cents: int
    status: str


@dataclass(frozen=True)
class Ledgers:
    """All three ledgers, read once after the drain."""

    orders: Mapping[str, StoredOrder]
    payments: Sequence[Payment]
    stock: Mapping[str, int]


def epoch_seconds(timestamp: str) -> float:
    """Return the epoch seconds of an ISO 8601 timestamp that carries its zone."""
    moment = datetime.fromisoformat(timestamp)
    if moment.tzinfo is None:
        raise ValueError(f"timestamp without zone: {timestamp!r}")
    return moment.timestamp()


def read_stock(dynamodb: Any, table: str) -> dict[str, int]:
    """Return the units left of each product; entries of the catalogue have none."""
    return {
        item["productId"]["S"]: int(item["stock"]["N"])
        for item in _scan(dynamodb, table)
        if "stock" in item
    }


def read_ledgers(dynamodb: Any, outputs: Mapping[str, str]) -> Ledgers:
    """Read the three tables named in the stack's outputs."""
    indexes = read_indexes(dynamodb, outputs["orders_table"])
    orders = (_order(item, indexes) for item in _scan(dynamodb, outputs["orders_table"]))
    return Ledgers(
        orders={order.order_id: order for order in orders},
        payments=[_payment(item) for item in _scan(dynamodb, outputs["payments_table"])],
        stock=read_stock(dynamodb, outputs["products_table"]),
    )


def _scan(dynamodb: Any, table: str) -> Iterator[dict[str, Any]]:
    for page in dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
        yield from page["Items"]


def _order(item: Mapping[str, Any], indexes: Sequence[Index]) -> StoredOrder:
    settled = item.get("settledAt")
    reason = item.get("failureReason")
    units: dict[str, int] = {}
    for line in json.loads(item["lines"]["S"]):
        product = str(line["product_id"])
        units[product] = units.get(product, 0) + int(line["quantity"])
    return StoredOrder(
        order_id=item["orderId"]["S"],
        status=item["status"]["S"],
        created_at=epoch_seconds(item["createdAt"]["S"]),
        settled_at=epoch_seconds(settled["S"]) if settled else None,
        total_cents=int(item["totalCents"]["N"]),
        units=units,
        failure_reason=reason["S"] if reason else None,
        sizes=order_bytes(item, indexes),
    )


def _payment(item: Mapping[str, Any]) -> Payment:
    return Payment(
        idempotency_key=item["idempotencyKey"]["S"],
        order_id=item["orderId"]["S"],
        amount_cents=int(item["amountCents"]["N"]),
        status=item["status"]["S"],
    )
