"""The order as a customer sends it, and what is wrong with it when it is refused.

Unknown fields are refused, so that a misspelt `quantity` is an error and not an order for one.
Ids may be integers or strings; they are strings from here on.
"""

from __future__ import annotations

import re
from typing import Annotated

import msgspec

from orders.errors import InvalidOrder
from orders.ids import ORDER_ID_PATTERN, content_hash

MAX_ITEMS = 100
# One TransactWriteItems call takes 100 actions, and completing an order needs one for itself:
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
MAX_PRODUCTS = 99
MAX_CENTS = 10**12
FLOAT_RULE = "must be a number from -1.79e308 to 1.79e308"

Identifier = (
    Annotated[int, msgspec.Meta(ge=0, le=2**53)]
    | Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
)


class ItemRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One wanted product; `price` is what the customer saw, in the currency's main unit."""

    product_id: Identifier
    quantity: Annotated[int, msgspec.Meta(ge=1, le=1000)]
    price: Annotated[float, msgspec.Meta(ge=0)] | None = None


class OrderRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An order as sent: 1 to 100 items of at most 99 different products."""

    customer_id: Identifier
    items: Annotated[list[ItemRequest], msgspec.Meta(min_length=1, max_length=MAX_ITEMS)]
    order_id: Annotated[str, msgspec.Meta(pattern=ORDER_ID_PATTERN)] | None = None

    def content_hash(self) -> str:
        """Return the fingerprint by which a repeat of this order is known."""
        units = [(str(item.product_id), item.quantity) for item in self.items]
        return content_hash(str(self.customer_id), units)


_decoder = msgspec.json.Decoder(OrderRequest)
_STEP = re.compile(r"\.(?P<name>[A-Za-z_]\w*)|\[(?P<index>\d+|\.\.\.)\]")
_PATH = re.compile(
    r"(?P<rule>.*) - at `\$(?P<path>(?:\.[A-Za-z_]\w*|\[(?:\d+|\.\.\.)\])*)`", re.DOTALL
)
_NAMED = re.compile(r"Object (?:contains unknown|missing required) field `(?P<name>.*)`", re.DOTALL)
_UNKNOWN = "Object contains unknown field `"
_TOO_LARGE = ("Number out of range", "Integer value out of range")


def parse_order_request(body: bytes) -> OrderRequest:
    """Return the order in `body` (JSON).

    Raises:
        InvalidOrder: naming the field, the rule it breaks and the value found there. `malformed`
            is set when the body is not JSON at all.
    """
    try:
        request = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _invalid(str(error), body) from None
    _check_products(request)
    return request


def _check_products(request: OrderRequest) -> None:
    products = {str(item.product_id) for item in request.items}
    if len(products) > MAX_PRODUCTS:
        rule = f"must name at most {MAX_PRODUCTS} different products"
        raise InvalidOrder(field="items", rule=rule, value=len(products))


def _invalid(message: str, body: bytes) -> InvalidOrder:
    """Turn msgspec's message into field, rule and value; the value is read only on this path.

    The typed decoder stops at the first wrong field, so only a second, untyped reading tells
    whether the body is JSON at all.
    """
    try:
        body.decode()
        msgspec.json.decode(body, type=msgspec.Raw)  # numbers that no float holds are JSON, too
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return InvalidOrder(field="", rule=f"is not JSON: {error}", malformed=True)
    except RecursionError:
        return InvalidOrder(field="", rule="is nested too deeply", malformed=True)
    rule, path = _split(message, body)
    found = _raw_at(body, path)
    if named := _NAMED.fullmatch(rule):
        path += f".{named['name']}"
        found = _members(found).get(named["name"])
    if rule in _TOO_LARGE:
        rule = FLOAT_RULE
    return InvalidOrder(field=path.removeprefix("."), rule=rule, value=_value(found))


def _split(message: str, body: bytes) -> tuple[str, str]:
    """Return rule and path of msgspec's message; an unknown field's own name may end like a path.

    Such a name stands in the document's top, where msgspec adds no path.
    """
    found = _PATH.fullmatch(message)
    if found is None:
        return message, ""
    if found["rule"].startswith(_UNKNOWN):
        named = _NAMED.fullmatch(found["rule"])
        if named is None or named["name"] not in _members(_raw_at(body, found["path"])):
            return message, ""
    return found["rule"], found["path"]


def _raw_at(body: bytes, path: str) -> msgspec.Raw | None:
    found = msgspec.Raw(body)
    for step in _STEP.finditer(path):
        try:
            if step["name"]:
                found = msgspec.json.decode(found, type=dict[str, msgspec.Raw])[step["name"]]
            else:
                found = msgspec.json.decode(found, type=list[msgspec.Raw])[int(step["index"])]
        except (KeyError, IndexError, ValueError, msgspec.ValidationError):
            return None
    return found


def _members(found: msgspec.Raw | None) -> dict[str, msgspec.Raw]:
    """Return the fields of a JSON object, nothing for what is none."""
    if found is None:
        return {}
    try:
        return msgspec.json.decode(found, type=dict[str, msgspec.Raw])
    except msgspec.ValidationError:
        return {}


def _value(found: msgspec.Raw | None) -> str | float | bool | None:
    """Return a value to show, None for an object, an array and what is not there."""
    if found is None:
        return None
    try:
        value = msgspec.json.decode(found)
    except msgspec.ValidationError:  # a number that is too large: as it was written
        value = bytes(found).decode()
    return value if isinstance(value, str | int | float | bool) else None
