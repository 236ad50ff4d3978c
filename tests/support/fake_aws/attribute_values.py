"""DynamoDB's typed values, as far as orders need them: text, numbers, booleans."""

from __future__ import annotations

from decimal import Decimal
from typing import TypeAlias

from tests.support.fake_aws.refusals import NotFaked, invalid

AttributeValue: TypeAlias = dict[str, str]
Item: TypeAlias = dict[str, AttributeValue]

MAX_ITEM_BYTES = 400 * 1024
MAX_DIGITS = 38


def check_value(value: AttributeValue) -> AttributeValue:
    """Return a copy of `value` if DynamoDB would take it."""
    if set(value) not in ({"S"}, {"N"}):
        raise NotFaked(f"a value of type {set(value)}")
    ((kind, text),) = value.items()
    if not isinstance(text, str):
        raise NotFaked(f"{kind} that is no text: {text!r}; botocore would refuse it")
    if kind == "N" and len(Decimal(text).as_tuple().digits) > MAX_DIGITS:
        raise invalid("Attempting to store more than 38 significant digits in a Number")
    return {kind: text}


def check_size(item: Item) -> None:
    """Refuse an item above DynamoDB's 400 KB."""
    size = sum(
        len(name.encode()) + len(text.encode())
        for name, value in item.items()
        for text in value.values()
    )
    if size > MAX_ITEM_BYTES:
        raise invalid("Item size has exceeded the maximum allowed size")


def key_text(key: Item, name: str) -> str:
    """Return the text of the one key attribute that `key` must consist of."""
    if set(key) != {name} or set(key[name]) != {"S"}:
        raise invalid("The provided key element does not match the schema")
    if not key[name]["S"]:
        raise invalid("One or more parameter values are not valid: empty string key value")
    return key[name]["S"]


def equal(left: AttributeValue | None, right: AttributeValue | None) -> bool:
    """Tell whether two values are of one type and equal; a missing attribute equals nothing."""
    if left is None or right is None or set(left) != set(right):
        return False
    return Decimal(left["N"]) == Decimal(right["N"]) if "N" in left else left == right


def less(left: AttributeValue | None, right: AttributeValue | None) -> bool:
    """Tell whether both are of one type and `left` sorts first."""
    if left is None or right is None or set(left) != set(right):
        return False
    if "N" in left:
        return Decimal(left["N"]) < Decimal(right["N"])
    return left["S"].encode() < right["S"].encode()


def add(left: AttributeValue, right: AttributeValue, sign: int) -> AttributeValue:
    """Return left + sign * right; both must be numbers."""
    if "N" not in left or "N" not in right:
        raise invalid("An operand in the update expression has an incorrect data type")
    return {"N": str(Decimal(left["N"]) + sign * Decimal(right["N"]))}
