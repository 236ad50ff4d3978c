from __future__ import annotations

import re
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from receiver.app import create_app
from receiver.backend import Backend
from receiver.openapi import openapi_document
from receiver.routes import routes
from tests.unit.receiver.fakes import SETTINGS, Receiver

TOPOLOGIES = ["sync", "async", "serverless"]


def nothing_opened(_settings: object) -> AbstractAsyncContextManager[Backend]:
    raise AssertionError("the application is not started")


def references(node: Any) -> set[str]:
    if isinstance(node, dict):
        own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
        return own.union(*(references(child) for child in node.values()))
    if isinstance(node, list):
        return set().union(*(references(child) for child in node))
    return set()


def document_of(topology: str) -> dict[str, Any]:
    return openapi_document(routes(topology))


@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_what_is_served_is_described_and_what_is_described_is_served(topology: str) -> None:
    app = create_app(replace(SETTINGS, topology=topology), nothing_opened)
    served = {
        (route.method, route.resource.canonical) for route in app.router.routes() if route.resource
    }
    described = {
        (method.upper(), path)
        for path, methods in document_of(topology)["paths"].items()
        for method in methods
    }
    assert described <= served
    undescribed = {("GET", "/openapi.json")}
    if topology == "sync":
        undescribed.add(("POST", "/orders/async"))  # it answers that it does not exist
    assert {each for each in served if each[0] != "HEAD"} - described == undescribed


@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_the_document_points_only_at_what_is_in_it(topology: str) -> None:
    document = document_of(topology)
    schemas = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert references(document) <= schemas


@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_operation_names_and_path_parameters_are_right(topology: str) -> None:
    described = [(each.path, each.operation) for each in routes(topology) if each.operation]
    assert len({operation.name for _, operation in described}) == len(described)
    for path, operation in described:
        in_path = {each["name"] for each in operation.parameters if each["in"] == "path"}
        assert in_path == set(re.findall(r"{(\w+)}", path))


def test_the_document_forbids_what_the_receiver_refuses() -> None:
    schemas = document_of("async")["components"]["schemas"]
    assert schemas["OrderRequest"]["additionalProperties"] is False
    quantity = schemas["ItemRequest"]["properties"]["quantity"]
    assert quantity == {"type": "integer", "minimum": 1, "maximum": 1000}


@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_an_order_whose_outcome_is_unknown_is_named_where_the_document_says_so(
    topology: str,
) -> None:
    document = document_of(topology)
    assert "order_id" in document["components"]["schemas"]["ProblemDocument"]["properties"]
    for path, methods in document["paths"].items():
        for method, described in methods.items():
            refusals = {
                status: answer["headers"]
                for status, answer in described["responses"].items()
                if status in {"409", "503"}
            }
            locations = {status: headers.get("Location") for status, headers in refusals.items()}
            if method == "post":
                assert all(locations.values()), path
                assert not locations["503"]["required"]
            else:
                assert not any(locations.values()), path


@pytest.mark.socket
async def test_the_document_is_served(receiver: Receiver) -> None:
    response = await receiver.client.get("/openapi.json")
    assert response.content_type == "application/json"
    document = msgspec.json.decode(await response.read())
    assert document["openapi"] == "3.1.0"
    assert "/orders/async" in document["paths"]


@pytest.mark.socket
async def test_the_document_of_the_sync_topology_has_no_async_orders(
    sync_receiver: Receiver,
) -> None:
    document = await (await sync_receiver.client.get("/openapi.json")).json()
    assert "/orders/async" not in document["paths"]
    assert "200" in document["paths"]["/orders"]["post"]["responses"]
