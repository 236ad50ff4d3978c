"""Reading an order out of a request: content type, size, time, idempotency key."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from http import HTTPStatus

import msgspec
from aiohttp import web

from orders.ids import order_id_for_key
from orders.request import OrderRequest, parse_order_request
from receiver.expectations import send_continue, waits_for_continue
from receiver.problems import Problem, broken_rule

MAX_BODY_BYTES = 64 * 1024
BODY_SECONDS = 10.0
JSON = "application/json"
IDEMPOTENCY_KEY = "Idempotency-Key"

KEY_PATTERN = r"[\x21-\x7e]{1,255}"

_KEY = re.compile(KEY_PATTERN)


async def read_order(request: web.Request, check_room: Callable[[], None]) -> OrderRequest:
    """Return the order in the request's body.

    What the head decides is decided before a client that waits for `100 Continue` is told to send
    the body; `check_room` raises when the order would be turned away anyway.

    The order's own `order_id` is its idempotency key; without one the customer's
    `Idempotency-Key` header stands for it, and when both are sent `order_id` wins.

    Raises:
        Problem, InvalidOrder: whatever is wrong with the request.
    """
    _check_content_type(request)
    key = _idempotency_key(request) if IDEMPOTENCY_KEY in request.headers else None
    order = parse_order_request(await _read_body(request, check_room))
    if key is not None and order.order_id is None:
        order_id = order_id_for_key(str(order.customer_id), key)
        return msgspec.structs.replace(order, order_id=order_id)
    return order


def _check_content_type(request: web.Request) -> None:
    if "Content-Encoding" in request.headers:
        raise broken_rule(
            "Content-Encoding",
            "must not be sent; bodies come as they are",
            request.headers["Content-Encoding"],
            status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        )
    if request.headers.get("Content-Type") == JSON:
        return
    charset = request.charset or "utf-8"
    if request.content_type != JSON or charset.lower() not in {"utf-8", "utf8", "us-ascii"}:
        raise broken_rule(
            "Content-Type",
            f"must be {JSON}, in UTF-8",
            request.headers.get("Content-Type"),
            status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        )


async def _read_body(request: web.Request, check_room: Callable[[], None]) -> bytes:
    if (request.content_length or 0) > MAX_BODY_BYTES:
        raise _too_large()
    try:
        if request.content.is_eof():  # all of it has arrived: no need to watch the clock
            return await request.read()
        if waits_for_continue(request):
            check_room()
            await send_continue(request)
        async with asyncio.timeout(BODY_SECONDS):
            return await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise _too_large() from None
    except TimeoutError:
        detail = f"the body took longer than {BODY_SECONDS:g} seconds"
        raise Problem(
            HTTPStatus.REQUEST_TIMEOUT, "body-timeout", detail, headers={"Connection": "close"}
        ) from None


def _too_large() -> Problem:
    return broken_rule(
        "",
        f"must be at most {MAX_BODY_BYTES} bytes",
        status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    )


def _idempotency_key(request: web.Request) -> str:
    keys = request.headers.getall(IDEMPOTENCY_KEY)
    if len(keys) > 1:
        raise broken_rule(IDEMPOTENCY_KEY, "must be sent once", len(keys))
    if not _KEY.fullmatch(keys[0]):
        rule = "must be 1 to 255 visible ASCII characters"
        raise broken_rule(IDEMPOTENCY_KEY, rule, keys[0])
    return keys[0]
