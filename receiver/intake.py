"""Reading an order out of a request: content type, size, time, idempotency key."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from http import HTTPStatus

from aiohttp import web

from api.intake import (
    IDEMPOTENCY_KEY,
    JSON,
    MAX_BODY_BYTES,
    check_content,
    check_encoding,
    idempotency_key,
    order_in,
    too_large,
)
from api.problems import Problem
from orders.request import OrderRequest
from receiver.expectations import send_continue, waits_for_continue

BODY_SECONDS = 10.0


async def read_order(request: web.Request, check_room: Callable[[], None]) -> OrderRequest:
    """Return the order in the request's body.

    What the head decides is decided before a client that waits for `100 Continue` is told to send
    the body; `check_room` raises when the order would be turned away anyway.

    Raises:
        Problem, InvalidOrder: whatever is wrong with the request.
    """
    headers = request.headers
    check_encoding(headers.get("Content-Encoding"))
    sent = headers.get("Content-Type")
    if sent != JSON:
        check_content(sent, request.content_type, request.charset)
    key = idempotency_key(headers.getall(IDEMPOTENCY_KEY)) if IDEMPOTENCY_KEY in headers else None
    return order_in(await _read_body(request, check_room), key)


async def _read_body(request: web.Request, check_room: Callable[[], None]) -> bytes:
    if (request.content_length or 0) > MAX_BODY_BYTES:
        raise too_large()
    try:
        if request.content.is_eof():  # all of it has arrived: no need to watch the clock
            return await request.read()
        if waits_for_continue(request):
            check_room()
            await send_continue(request)
        async with asyncio.timeout(BODY_SECONDS):
            return await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise too_large() from None
    except TimeoutError:
        detail = f"the body took longer than {BODY_SECONDS:g} seconds"
        raise Problem(
            HTTPStatus.REQUEST_TIMEOUT, "body-timeout", detail, headers={"Connection": "close"}
        ) from None
