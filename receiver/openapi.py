"""The OpenAPI 3.1 document, made of the types that validate requests and of the route table."""

from __future__ import annotations

from typing import Any

import msgspec

from orders.model import Product
from orders.request import OrderRequest
from receiver.operations import EXAMPLE_ORDERS, Operation, operations
from receiver.problems import CONTENT_TYPE, ProblemDocument
from receiver.views import OrdersView, OrderView, ProductsView

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

_HEADERS: dict[str, dict[str, Any]] = {
    "X-Request-Id": {"description": "The caller's id of this request, or ours."},
    "Retry-After": {"description": "Seconds to wait before the next try."},
    "Location": {"description": "Where the order is."},
}


def openapi_document(topology: str) -> dict[str, Any]:
    """Return the document that describes a receiver of `topology`."""
    _, components = msgspec.json.schema_components(SCHEMAS, ref_template=REFERENCE + "{name}")
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations(topology):
        paths.setdefault(operation.path, {})[operation.method.lower()] = _described(operation)
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
