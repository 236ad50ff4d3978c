"""What a request must be for an order to be read out of it, whoever serves it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from http import HTTPStatus

import msgspec

from api.problems import Problem, broken_rule
from orders.ids import order_id_for_key
from orders.request import OrderRequest, parse_order_request

MAX_BODY_BYTES = 64 * 1024
JSON = "application/json"
CHARSETS = frozenset({"utf-8", "utf8", "us-ascii"})
IDEMPOTENCY_KEY = "Idempotency-Key"

KEY_PATTERN = r"[\x21-\x7e]{1,255}"

_KEY = re.compile(KEY_PATTERN)


def check_content(sent: str | None, media_type: str, charset: str | None) -> None:
    """Raise `Problem` (415) unless a body is JSON in UTF-8; `sent` is the header as it came."""
    if media_type != JSON or (charset or "utf-8").lower() not in CHARSETS:
        raise broken_rule(
            "Content-Type",
            f"must be {JSON}, in UTF-8",
            sent,
            status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        )


def check_encoding(sent: str | None) -> None:
    """Raise `Problem` (415) if the body is compressed."""
    if sent is not None:
        raise broken_rule(
            "Content-Encoding",
            "must not be sent; bodies come as they are",
            sent,
            status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        )


def idempotency_key(sent: Sequence[str]) -> str | None:
    """Return the key of the `Idempotency-Key` headers that were sent.

    Raises:
        Problem: several, or one that is none.
    """
    if not sent:
        return None
    if len(sent) > 1:
        raise broken_rule(IDEMPOTENCY_KEY, "must be sent once", len(sent))
    if not _KEY.fullmatch(sent[0]):
        rule = "must be 1 to 255 visible ASCII characters"
        raise broken_rule(IDEMPOTENCY_KEY, rule, sent[0])
    return sent[0]


def order_in(body: bytes, key: str | None) -> OrderRequest:
    """Return the order in a body.

    The order's own `order_id` is its idempotency key; without one the customer's
    `Idempotency-Key` stands for it, and when both are sent `order_id` wins.

    Raises:
        InvalidOrder: whatever is wrong with it.
    """
    order = parse_order_request(body)
    if key is not None and order.order_id is None:
        order_id = order_id_for_key(str(order.customer_id), key)
        return msgspec.structs.replace(order, order_id=order_id)
    return order


def too_large() -> Problem:
    """Return the problem that a body has more than `MAX_BODY_BYTES`."""
    return broken_rule(
        "",
        f"must be at most {MAX_BODY_BYTES} bytes",
        status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    )
