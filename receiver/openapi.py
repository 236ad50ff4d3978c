"""The OpenAPI 3.1 document, made of the routes and of the types that validate requests."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from aiohttp.typedefs import Handler

from api.problems import CONTENT_TYPE, ProblemDocument
from api.views import OrdersView, OrderView, ProductsView
from orders.model import Product
from orders.request import OrderRequest

TITLE = "Flash sale"
VERSION = "1.0.0"
DESCRIPTION = """Orders of a flash sale.

An order's `order_id` is its idempotency key; without one the `Idempotency-Key` header stands for
it, and when both are sent `order_id` wins. An `order_id` is the shop's, a header's key its
customer's own: two customers may use the same one. The same key with the same content answers as
the first time, whatever prices and catalogue are by now, with other content 422. Fields and query
parameters that are not described here are refused, and so is a parameter that is sent twice; of a
field that is sent twice the last one counts. Bodies are JSON in UTF-8, at most 64 KiB.

A client that sends `Expect: 100-continue` is told to send the body once nothing in its head is
wrong; another expectation is a 417. Before any path counts, a request target of more than 8,192
bytes is a 414, header fields of more than 8,190 bytes each or more than 128 of them are a 431, and
what is no HTTP request is a 400."""

REFERENCE = "#/components/schemas/"
SCHEMAS = (OrderRequest, OrderView, OrdersView, Product, ProductsView, ProblemDocument)
PROBLEM = ProblemDocument.__name__
EXAMPLE_ORDERS = {
    "priced": {
        "customer_id": 123,
        "items": [{"product_id": "SKU-001", "quantity": 1, "price": 19.99}],
    },
    "plain": {"customer_id": 123, "items": [{"product_id": 1, "quantity": 2}]},
}

_HEADERS: dict[str, dict[str, Any]] = {
    "X-Request-Id": {"description": "The caller's id of this request, or ours."},
    "Retry-After": {"description": "Seconds to wait before the next try."},
    "Location": {"description": "Where the order is."},
}


@dataclass(frozen=True, kw_only=True)
class Operation:
    """What a route promises its clients.

    Attributes:
        answer: the type of a success; None is the text `OK`.
        problems: why each other status comes, as a problem document.
    """

    name: str
    summary: str
    answered: str
    answer: type | None = None
    status: int = 200
    body: type | None = None
    parameters: Sequence[Mapping[str, Any]] = ()
    problems: Mapping[int, str] = field(default_factory=dict)
    links: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Route:
    """One method of one path; `pattern` is the path as aiohttp matches it.

    A route without an operation is not in the document.
    """

    method: str
    pattern: str
    handler: Handler
    operation: Operation | None = None

    @property
    def path(self) -> str:
        """The path without the regular expressions of its parameters."""
        return re.sub(r"{(\w+):.*}", r"{\1}", self.pattern)

    @property
    def query_names(self) -> frozenset[str]:
        """The names of the query parameters that the route takes."""
        parameters = self.operation.parameters if self.operation else ()
        return frozenset(each["name"] for each in parameters if each["in"] == "query")


def openapi_document(routes: Iterable[Route]) -> dict[str, Any]:
    """Return the document that describes a receiver with these routes."""
    _, components = msgspec.json.schema_components(SCHEMAS, ref_template=REFERENCE + "{name}")
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        if route.operation is not None:
            path = paths.setdefault(route.path, {})
            path[route.method.lower()] = _described(route.operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": TITLE, "version": VERSION, "description": DESCRIPTION},
        "paths": paths,
        "components": {"schemas": components},
    }


def _described(operation: Operation) -> dict[str, Any]:
    description: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "responses": {
            str(operation.status): _success(operation),
            **{
                str(status): _failure(operation, status, why)
                for status, why in operation.problems.items()
            },
        },
    }
    if operation.parameters:
        description["parameters"] = list(operation.parameters)
    if operation.body is not None:
        examples = {name: {"value": order} for name, order in EXAMPLE_ORDERS.items()}
        content = {"schema": _reference(operation.body), "examples": examples}
        description["requestBody"] = {"required": True, "content": {"application/json": content}}
    return description


def _success(operation: Operation) -> dict[str, Any]:
    if operation.answer is None:
        content = {"text/plain": {"schema": {"const": "OK"}}}
    else:
        content = {"application/json": {"schema": _reference(operation.answer)}}
    answer = {"description": operation.answered, "content": content}
    names = ["X-Request-Id"]
    if operation.status == 202:  # noqa: PLR2004 - HTTP's "Accepted"
        names.append("Location")
    if operation.links:
        answer["links"] = dict(operation.links)
    return {**answer, "headers": _headers(names)}


def _failure(operation: Operation, status: int, why: str) -> dict[str, Any]:
    again = status in {409, 503}
    headers = _headers(["X-Request-Id", "Retry-After"] if again else ["X-Request-Id"])
    if again and operation.body is OrderRequest:
        headers |= _headers(["Location"], required=status == 409)  # noqa: PLR2004 - "Conflict"
    return {
        "description": why,
        "content": {CONTENT_TYPE: {"schema": {"$ref": REFERENCE + PROBLEM}}},
        "headers": headers,
    }


def _headers(names: list[str], *, required: bool = True) -> dict[str, Any]:
    schema = {"type": "string"}
    return {name: {**_HEADERS[name], "required": required, "schema": schema} for name in names}


def _reference(schema: type) -> dict[str, str]:
    return {"$ref": REFERENCE + schema.__name__}
