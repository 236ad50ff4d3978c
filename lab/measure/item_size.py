"""How large DynamoDB takes an item to be, and the units that this costs.

Sizes: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
Units: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

WRITE_UNIT_BYTES = 1024
READ_UNIT_BYTES = 4096
# What a list or map takes beside its content, and for each element of it.
DOCUMENT_BYTES = 3
ELEMENT_BYTES = 1

AttributeValue = Mapping[str, Any]


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
