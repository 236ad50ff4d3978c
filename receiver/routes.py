"""The one table of routes: path, handler, and what the route promises in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.orders.pages import LONGEST_CURSOR
from api.intake import IDEMPOTENCY_KEY, KEY_PATTERN
from api.query import DEFAULT_PAGE, LARGEST_PAGE, LONGEST_SEARCH
from api.views import OrdersView, OrderView, ProductsView
from orders.ids import ORDER_ID_PATTERN
from orders.model import OrderStatus, Product
from orders.request import OrderRequest
from receiver import handlers, health
from receiver.openapi import Operation, Route

UNAVAILABLE = {503: "Overloaded, about to stop, or a dependency does not answer."}
UNKNOWN_ORDER = (
    " With `order_id` and `Location` the order may be placed: look at it, or repeat it with that"
    " `order_id`. Without them this request has stored nothing."
)
REFUSED_ORDER = {
    400: "The body is not JSON.",
    408: "The body took too long.",
    413: "The body is larger than 64 KiB.",
    415: "The body is not application/json in UTF-8.",
    422: "A field or parameter breaks a rule, or the key was used with other content.",
    503: UNAVAILABLE[503] + UNKNOWN_ORDER,
}
REFUSED_QUERY = {422: "A parameter breaks a rule."}
NOT_FOUND = {404: "There is none."}


def _parameter(
    place: str, name: str, schema: Mapping[str, Any], *, required: bool = True
) -> dict[str, Any]:
    return {"in": place, "name": name, "required": required, "schema": schema}


KEY = _parameter(
    "header",
    IDEMPOTENCY_KEY,
    {
        "type": "string",
        "pattern": f"^{KEY_PATTERN}$",
        "description": "The customer's own: another customer's equal key is another order's.",
    },
    required=False,
)
LIMIT = {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": DEFAULT_PAGE}
CURSOR = {
    "type": "string",
    "pattern": "^[A-Za-z0-9_-]+$",
    "maxLength": LONGEST_CURSOR,
    "description": "The `next_cursor` of an earlier page of the same status.",
}
SEARCH = {"type": "string", "minLength": 1, "maxLength": LONGEST_SEARCH}
LINK_TO_ORDER = {
    "order": {"operationId": "getOrder", "parameters": {"order_id": "$response.body#/order_id"}}
}


def routes(topology: str) -> list[Route]:
    """Return the routes in the order in which they are tried: fixed paths before patterns."""
    if topology == "sync":
        return [
            _place_sync("/orders", "placeOrder"),
            _place_sync("/orders/sync", "placeOrderSync"),
            Route("POST", "/orders/async", handlers.refuse_async),
            *_SAME_IN_EVERY_TOPOLOGY,
        ]
    return [
        _place_async("/orders", "placeOrder"),
        _place_sync("/orders/sync", "placeOrderSync"),
        _place_async("/orders/async", "placeOrderAsync"),
        *_SAME_IN_EVERY_TOPOLOGY,
    ]


def _place_sync(path: str, name: str) -> Route:
    return Route(
        "POST",
        path,
        handlers.place_sync,
        Operation(
            name=name,
            summary="Place an order and wait until it is paid or refused.",
            answered="The order, settled.",
            answer=OrderView,
            body=OrderRequest,
            parameters=[KEY],
            problems={**REFUSED_ORDER, 409: "Another worker has the order and does not let go."},
            links=LINK_TO_ORDER,
        ),
    )


def _place_async(path: str, name: str) -> Route:
    return Route(
        "POST",
        path,
        handlers.place_async,
        Operation(
            name=name,
            summary="Place an order to be fulfilled soon.",
            answered="The order, stored and announced.",
            answer=OrderView,
            status=202,
            body=OrderRequest,
            parameters=[KEY],
            problems=REFUSED_ORDER,
            links=LINK_TO_ORDER,
        ),
    )


_SAME_IN_EVERY_TOPOLOGY = (
    Route(
        "GET",
        "/orders",
        handlers.list_orders,
        Operation(
            name="listOrders",
            summary="List the orders in one status, newest first.",
            answered="A page; without `next_cursor` it is the last.",
            answer=OrdersView,
            parameters=[
                _parameter("query", "status", {"enum": list(OrderStatus)}),
                _parameter("query", "limit", LIMIT, required=False),
                _parameter("query", "cursor", CURSOR, required=False),
            ],
            problems={**REFUSED_QUERY, **UNAVAILABLE},
        ),
    ),
    Route(
        "GET",
        "/orders/{order_id:(?!a?sync$)[^{}/]+}",
        handlers.show_order,
        Operation(
            name="getOrder",
            summary="Look at one order, as last written.",
            answered="The order.",
            answer=OrderView,
            parameters=[
                _parameter("path", "order_id", {"type": "string", "pattern": ORDER_ID_PATTERN})
            ],
            problems={**NOT_FOUND, **REFUSED_QUERY, **UNAVAILABLE},
        ),
    ),
    Route(
        "GET",
        "/products",
        handlers.list_products,
        Operation(
            name="listProducts",
            summary="List the catalogue with the stock left.",
            answered="Every product, by id.",
            answer=ProductsView,
            problems=REFUSED_QUERY,
        ),
    ),
    Route(
        "GET",
        "/products/search",
        handlers.search_products,
        Operation(
            name="searchProducts",
            summary="Find products whose id or name contains a text.",
            answered="The products found, by id.",
            answer=ProductsView,
            parameters=[_parameter("query", "q", SEARCH)],
            problems=REFUSED_QUERY,
        ),
    ),
    Route(
        "GET",
        "/products/{product_id}",
        handlers.show_product,
        Operation(
            name="getProduct",
            summary="Look at one product.",
            answered="The product.",
            answer=Product,
            parameters=[_parameter("path", "product_id", {"type": "string"})],
            problems={**NOT_FOUND, **REFUSED_QUERY},
        ),
    ),
    Route(
        "GET",
        "/health",
        health.health,
        Operation(
            name="getHealth",
            summary="Is it alive?",
            answered="It is.",
            problems=REFUSED_QUERY,
        ),
    ),
    Route(
        "GET",
        "/ready",
        health.ready,
        Operation(
            name="getReady",
            summary="Should it be sent requests?",
            answered="It should.",
            problems={
                **REFUSED_QUERY,
                503: "It is about to stop, or the orders table does not answer.",
            },
        ),
    ),
    Route("GET", "/openapi.json", handlers.show_document),
)
