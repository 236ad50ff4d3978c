"""Order ids and the fingerprint of an order's content."""

from __future__ import annotations

import hashlib
import os
import re
import time
import uuid

import msgspec

# Ids appear as path segments of URLs: a leading dot would let "." and ".." through, and
# `/orders/sync` and `/orders/async` are where orders are posted. Python's `$`
# also matches before a last newline, which would end a header line; ECMAScript, which reads this
# pattern in the OpenAPI document, has no `\Z`.
ORDER_ID_PATTERN = r"^(?!a?sync$)[A-Za-z0-9][A-Za-z0-9._-]{0,127}$(?!\n)"

LONGEST_EXECUTION_NAME = 80

_order_id = re.compile(ORDER_ID_PATTERN)


def is_order_id(text: str) -> bool:
    """Tell whether an order can have this id."""
    return _order_id.match(text) is not None


def mint_order_id() -> str:
    """Return a new UUIDv7 (RFC 9562): unique, and sorted by the millisecond it was made in."""
    value = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10))
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=value))


def order_id_for_key(customer_id: str, idempotency_key: str) -> str:
    """Return the order id that a customer's `Idempotency-Key` header always stands for (a UUIDv8).

    Two customers may both count from 1: a key says nothing without its customer.
    """
    pair = msgspec.json.encode([customer_id, idempotency_key])
    digest = hashlib.blake2b(pair, digest_size=16).digest()
    value = int.from_bytes(digest)
    value = value & ~(0xF << 76) | 0x8 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=value))


def execution_name(order_id: str) -> str:
    """Return what the execution of an order's workflow is called: one name, one order.

    An order id may have 128 characters, a name 80 of the same:
    https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
    """
    if len(order_id) <= LONGEST_EXECUTION_NAME:
        return order_id
    digest = hashlib.blake2b(order_id.encode(), digest_size=16).hexdigest()
    return f"{order_id[: LONGEST_EXECUTION_NAME - len(digest) - 1]}-{digest}"


def content_hash(customer_id: str, units: list[tuple[str, int]]) -> str:
    """Fingerprint what was ordered by whom: `units` are (product id, quantity) as sent, in order.

    Prices stay out: a retry after a price change is still the same order.
    """
    canonical = msgspec.json.encode([customer_id, units])
    return hashlib.blake2b(canonical, digest_size=16).hexdigest()
