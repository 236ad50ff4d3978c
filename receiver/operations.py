"""What each route promises its clients; `receiver.openapi` makes a document of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from adapters.orders.pages import LONGEST_CURSOR
from orders.ids import ORDER_ID_PATTERN
from orders.model import OrderStatus, Product
from orders.request import OrderRequest
from receiver.intake import IDEMPOTENCY_KEY, KEY_PATTERN
from receiver.query import ParameterNames
from receiver.routes.orders import DEFAULT_PAGE, LARGEST_PAGE
from receiver.routes.products import LONGEST_SEARCH
from receiver.views import OrdersView, OrderView, ProductsView

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
EXAMPLE_ORDERS = {
    "priced": {
        "customer_id": 123,
        "items": [{"product_id": "SKU-001", "quantity": 1, "price": 19.99}],
    },
    "plain": {"customer_id": 123, "items": [{"product_id": 1, "quantity": 2}]},
}


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One method of one path.

    Attributes:
        answer: the type of a success; None is the text `OK`.
        problems: why each other status comes, as a problem document.
    """

    method: str
    path: str
    name: str
    summary: str
    answered: str
    answer: type | None = None
    status: int = 200
    body: type | None = None
    parameters: Sequence[Mapping[str, Any]] = ()
    problems: Mapping[int, str] = field(default_factory=dict)
    links: Mapping[str, Any] = field(default_factory=dict)


def operations(topology: str) -> list[Operation]:
    """Return every operation of a receiver of `topology`."""
    is_sync = topology == "sync"
    ordering = [
        _place_sync("/orders", "placeOrder") if is_sync else _place_async("/orders", "placeOrder"),
        _place_sync("/orders/sync", "placeOrderSync"),
    ]
    if not is_sync:
        ordering.append(_place_async("/orders/async", "placeOrderAsync"))
    return [*ordering, *_ORDER_READS, *_CATALOGUE, *_PROBES]


def parameter_names(topology: str) -> ParameterNames:
    """Return the names of the query parameters that each operation has."""
    return {
        (operation.method, operation.path): {
            parameter["name"] for parameter in operation.parameters if parameter["in"] == "query"
        }
        for operation in operations(topology)
    }


def _place_sync(path: str, name: str) -> Operation:
    return Operation(
        method="POST",
        path=path,
        name=name,
        summary="Place an order and wait until it is paid or refused.",
        answered="The order, settled.",
        answer=OrderView,
        body=OrderRequest,
        parameters=[_KEY],
        problems={**REFUSED_ORDER, 409: "Another worker has the order and does not let go."},
        links=_link_to_order(),
    )


def _place_async(path: str, name: str) -> Operation:
    return Operation(
        method="POST",
        path=path,
        name=name,
        summary="Place an order to be fulfilled soon.",
        answered="The order, stored and announced.",
        answer=OrderView,
        status=202,
        body=OrderRequest,
        parameters=[_KEY],
        problems=REFUSED_ORDER,
        links=_link_to_order(),
    )


def _link_to_order() -> dict[str, Any]:
    parameters = {"order_id": "$response.body#/order_id"}
    return {"order": {"operationId": "getOrder", "parameters": parameters}}


def _parameter(
    place: str, name: str, schema: Mapping[str, Any], *, required: bool
) -> dict[str, Any]:
    return {"in": place, "name": name, "required": required, "schema": schema}


_KEY = _parameter(
    "header",
    IDEMPOTENCY_KEY,
    {
        "type": "string",
        "pattern": f"^{KEY_PATTERN}$",
        "description": "The customer's own: another customer's equal key is another order's.",
    },
    required=False,
)
_CURSOR = {
    "type": "string",
    "pattern": "^[A-Za-z0-9_-]+$",
    "maxLength": LONGEST_CURSOR,
    "description": "The `next_cursor` of an earlier page of the same status.",
}
_ORDER_READS = (
    Operation(
        method="GET",
        path="/orders",
        name="listOrders",
        summary="List the orders in one status, newest first.",
        answered="A page; without `next_cursor` it is the last.",
        answer=OrdersView,
        parameters=[
            _parameter("query", "status", {"enum": list(OrderStatus)}, required=True),
            _parameter(
                "query",
                "limit",
                {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": LARGEST_PAGE,
                    "default": DEFAULT_PAGE,
                },
                required=False,
            ),
            _parameter("query", "cursor", _CURSOR, required=False),
        ],
        problems={**REFUSED_QUERY, **UNAVAILABLE},
    ),
    Operation(
        method="GET",
        path="/orders/{order_id}",
        name="getOrder",
        summary="Look at one order, as last written.",
        answered="The order.",
        answer=OrderView,
        parameters=[
            _parameter(
                "path", "order_id", {"type": "string", "pattern": ORDER_ID_PATTERN}, required=True
            )
        ],
        problems={**NOT_FOUND, **REFUSED_QUERY, **UNAVAILABLE},
    ),
)
_CATALOGUE = (
    Operation(
        method="GET",
        path="/products",
        name="listProducts",
        summary="List the catalogue with the stock left.",
        answered="Every product, by id.",
        answer=ProductsView,
        problems=REFUSED_QUERY,
    ),
    Operation(
        method="GET",
        path="/products/search",
        name="searchProducts",
        summary="Find products whose id or name contains a text.",
        answered="The products found, by id.",
        answer=ProductsView,
        parameters=[
            _parameter(
                "query",
                "q",
                {"type": "string", "minLength": 1, "maxLength": LONGEST_SEARCH},
                required=True,
            )
        ],
        problems=REFUSED_QUERY,
    ),
    Operation(
        method="GET",
        path="/products/{product_id}",
        name="getProduct",
        summary="Look at one product.",
        answered="The product.",
        answer=Product,
        parameters=[_parameter("path", "product_id", {"type": "string"}, required=True)],
        problems={**NOT_FOUND, **REFUSED_QUERY},
    ),
)
_PROBES = (
    Operation(
        method="GET",
        path="/health",
        name="getHealth",
        summary="Is it alive?",
        answered="It is.",
        problems=REFUSED_QUERY,
    ),
    Operation(
        method="GET",
        path="/ready",
        name="getReady",
        summary="Should it be sent requests?",
        answered="It should.",
        problems={
            **REFUSED_QUERY,
            503: "It is about to stop, or the orders table does not answer.",
        },
    ),
)
