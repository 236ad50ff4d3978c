"""How large DynamoDB takes an order to be, in its table and in the index, and what that costs.

Sizes: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
Units: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
The ledgers are read when an order is settled: what it was before follows from its life.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WRITE_UNIT_BYTES = 1024
READ_UNIT_BYTES = 4096
# What a list or map takes beside its content, and for each element of it.
DOCUMENT_BYTES = 3
ELEMENT_BYTES = 1

AttributeValue = Mapping[str, Any]
Item = Mapping[str, AttributeValue]
# What a claim adds and a settlement takes away again: the lengths count, not the values.
LEASE: Item = {"leaseOwner": {"S": "0" * 32}, "leaseExpiresAt": {"N": "1" * 13}}
FAILURE = "failureReason"
ADDED_LATER = frozenset({*LEASE, FAILURE, "settledAt"})
# Where an order says its status: by itself, and in the key that spreads a status over an index.
STATUS_NAMES = ("status", "statusShard")


def item_bytes(item: Mapping[str, AttributeValue]) -> int:
    """Return the bytes of an item as the API gives it: attribute names and values."""
    return sum(len(name.encode()) + value_bytes(value) for name, value in item.items())


def write_units(size_bytes: int) -> int:
    """Return the units of one write outside a transaction, at least one.

    An update costs by the whole item, and by the larger of what it was and what it is.
    """
    return max(1, math.ceil(size_bytes / WRITE_UNIT_BYTES))


def read_units(size_bytes: int) -> int:
    """Return the units of one strongly consistent read, at least one."""
    return max(1, math.ceil(size_bytes / READ_UNIT_BYTES))


def value_bytes(value: AttributeValue) -> int:
    """Return the bytes of one attribute value.

    Raises:
        ValueError: a type that DynamoDB does not have.
    """
    match next(iter(value.items())):
        case "S", text:
            return len(text.encode())
        case "N", number:
            return _number_bytes(number)
        case "B", binary:
            return len(binary)
        case (("BOOL" | "NULL"), _):
            return 1
        case ("SS" | "NS" | "BS") as kind, members:
            return sum(value_bytes({kind[0]: member}) for member in members)
        case (("L" | "M"), content):
            return DOCUMENT_BYTES + ELEMENT_BYTES * len(content) + _content_bytes(content)
        case kind, _:
            raise ValueError(f"DynamoDB has no attribute type {kind!r}")


def _content_bytes(content: Mapping[str, AttributeValue] | Sequence[AttributeValue]) -> int:
    if isinstance(content, Mapping):
        return item_bytes(content)
    return sum(map(value_bytes, content))


def _number_bytes(number: str) -> int:
    """Return a byte for two significant digits, and one more: about what AWS counts, it says."""
    significant = number.lstrip("-").replace(".", "").strip("0")
    return math.ceil(len(significant) / 2) + 1


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
