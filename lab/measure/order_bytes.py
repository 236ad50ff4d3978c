"""How large an order is in its table and in the index on it, at the sizes that its writes cost by.

The books are read when an order is settled: what it was before follows from the steps of its life.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lab.measure.item_size import AttributeValue, item_bytes

Item = Mapping[str, AttributeValue]

# What a claim adds and a settlement takes away again: the lengths count, not the values.
LEASE: Item = {"leaseOwner": {"S": "0" * 32}, "leaseExpiresAt": {"N": "1" * 13}}
FAILURE = "failureReason"
ADDED_LATER = frozenset({*LEASE, FAILURE, "settledAt"})
# Where an order says its status: by itself, and in the key that spreads a status over an index.
STATUS_NAMES = ("status", "statusShard")


@dataclass(frozen=True)
class OrderBytes:
    """The bytes of an order: as inserted, at its largest from its claim on, and in the index."""

    inserted: int = 0
    largest: int = 0
    index_entry: int = 0


NOT_MEASURED = OrderBytes()


@dataclass(frozen=True)
class Index:
    """An index on a table: its key, and what it copies beside keys; None stands for everything."""

    key: frozenset[str]
    table_key: frozenset[str]
    copied: frozenset[str] | None

    def entry(self, item: Item) -> Item:
        """Return what the index holds of an item; nothing where a part of its key is missing."""
        if not self.key <= item.keys():
            return {}
        if self.copied is None:
            return item
        names = self.key | self.table_key | self.copied
        return {name: value for name, value in item.items() if name in names}


def read_indexes(dynamodb: Any, table: str) -> list[Index]:
    """Return the global secondary indexes of a table as it is deployed."""
    described = dynamodb.describe_table(TableName=table)["Table"]
    table_key = _key(described)
    return [
        Index(key=_key(index), table_key=table_key, copied=_copied(index["Projection"]))
        for index in described.get("GlobalSecondaryIndexes", [])
    ]


def order_bytes(item: Item, indexes: Iterable[Index]) -> OrderBytes:
    """Return the sizes that an order had in its life, given the item as it is stored now."""
    first = {name: value for name, value in item.items() if name not in ADDED_LATER}
    failure = {FAILURE: item[FAILURE]} if FAILURE in item else {}
    in_work = {**_moved(first, "PROCESSING"), **LEASE, **failure}
    return OrderBytes(
        inserted=item_bytes(_moved(first, "PENDING")),
        largest=max(item_bytes(in_work), item_bytes(item)),
        index_entry=sum(item_bytes(index.entry(item)) for index in indexes),
    )


def _moved(item: Item, status: str) -> Item:
    """Return the item as it is in another status."""
    now = item["status"]["S"]
    moved = {name: item[name]["S"].replace(now, status) for name in STATUS_NAMES if name in item}
    return {**item, **{name: {"S": value} for name, value in moved.items()}}


def _key(described: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(element["AttributeName"] for element in described["KeySchema"])


def _copied(projection: Mapping[str, Any]) -> frozenset[str] | None:
    if projection["ProjectionType"] == "ALL":
        return None
    return frozenset(projection.get("NonKeyAttributes", ()))
