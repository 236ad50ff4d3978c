"""The Lambda handler of `POST /orders` behind the gateway: one conditional write, and no more.

The stream of the orders table tells the rest of it, so that no order can be stored and forgotten.
"""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from adapters.aws.fast.tls import trust
from api.intake import (
    IDEMPOTENCY_KEY,
    MAX_BODY_BYTES,
    check_content,
    check_encoding,
    idempotency_key,
    order_in,
    too_large,
)
from api.query import check_names
from api.views import order_view
from kit.environment import Environment
from lambda_fn.http import Answer, HttpRequest, document
from lambda_fn.settings import shop_settings
from lambda_fn.shop import Shop
from orders.errors import OutcomeUnknown, Unavailable
from orders.ids import mint_order_id
from orders.request import OrderRequest

# Read with the import, as code is: an environment's start runs at a full vCPU whatever its memory.
trust({}, amazon_only=True)

ACCEPTED = 202


@cache
def _shop() -> Shop:
    variables = os.environ
    return Shop(shop_settings(Environment(variables)), variables)


def handler(event: dict[str, Any], _context: object) -> Answer:
    """Answer with the order as soon as it is stored."""
    return _shop().answer(event, create)


async def create(shop: Shop, request: HttpRequest) -> Answer:
    """Store the order; once that is done its announcement is durable, too."""
    check_names(request.query, frozenset())
    wanted = _order_in(request)
    await shop.refresh_catalogue()
    order_id = wanted.order_id or mint_order_id()
    try:
        placed = await shop.placement.place(wanted, order_id)
    except Unavailable as error:
        raise OutcomeUnknown(order_id, error) from error
    where = {"Location": f"{request.path.rstrip('/')}/{order_id}"}
    return document(order_view(placed.order), status=ACCEPTED, headers=where)


def _order_in(request: HttpRequest) -> OrderRequest:
    check_encoding(request.header("Content-Encoding"))
    check_content(request.header("Content-Type"), *request.content_type())
    key = idempotency_key(request.headers.get(IDEMPOTENCY_KEY.lower(), ()))
    if len(request.body) > MAX_BODY_BYTES:
        raise too_large()
    return order_in(request.body, key)
