"""Query parameters are what the document says, on every route."""

from __future__ import annotations

import pytest

from receiver.openapi import Operation, Route
from receiver.routes import routes
from tests.unit.receiver.fakes import Receiver, order_with, problem_of

pytestmark = pytest.mark.socket

PATHS = {"{order_id}": "a-1", "{product_id}": "1"}
PROMISED = [(route, route.operation) for route in routes("async") if route.operation]
every_operation = pytest.mark.parametrize(
    ("route", "operation"), PROMISED, ids=[operation.name for _, operation in PROMISED]
)


def asked(route: Route) -> tuple[str, dict[str, str]]:
    """A path of the route, with the parameters that it must have."""
    path = route.path
    for pattern, value in PATHS.items():
        path = path.replace(pattern, value)
    needed = {"status": "PENDING", "q": "Lamp"}
    return path, {name: value for name, value in needed.items() if name in route.query_names}


@every_operation
@pytest.mark.parametrize("query", ["surprise=1", "surprise", "limitt=1", "=1", "%00=1", "%ff=1"])
async def test_an_unknown_parameter_is_refused_on_every_route(
    receiver: Receiver, route: Route, operation: Operation, query: str
) -> None:
    path, parameters = asked(route)
    known = "".join(f"&{name}={value}" for name, value in parameters.items())
    response = await receiver.client.request(
        route.method, f"{path}?{query}{known}", json=order_with() if operation.body else None
    )
    assert response.status == 422
    problem = await problem_of(response)
    assert problem["rule"].startswith("is not a parameter here; there are ")
    assert receiver.table.orders == {}


@every_operation
@pytest.mark.usefixtures("operation")
async def test_a_parameter_sent_twice_is_refused(receiver: Receiver, route: Route) -> None:
    path, parameters = asked(route)
    for name in parameters:
        response = await receiver.client.get(f"{path}?{name}=a&{name}=a")
        assert response.status == 422
        assert (await problem_of(response))["rule"] == "must be sent once"


@every_operation
async def test_known_parameters_are_taken(
    receiver: Receiver, route: Route, operation: Operation
) -> None:
    await receiver.order(order_id="a-1")
    path, parameters = asked(route)
    response = await receiver.client.request(
        route.method, path, params=parameters, json=order_with() if operation.body else None
    )
    assert response.status in {200, 202}


@every_operation
@pytest.mark.usefixtures("route")
def test_every_operation_promises_that_it_refuses_parameters(operation: Operation) -> None:
    assert 422 in operation.problems


@pytest.mark.parametrize("path", sorted({route.path for route in routes("async")}))
async def test_a_wrong_method_is_told_before_a_wrong_parameter(
    receiver: Receiver, path: str
) -> None:
    path = path.partition("{")[0] + ("a-1" if "{" in path else "")
    assert (await receiver.client.patch(f"{path}?surprise=1")).status == 405
    assert (await receiver.client.options(f"{path}?surprise=1")).status == 204


async def test_a_path_that_does_not_exist_is_told_before_a_wrong_parameter(
    receiver: Receiver,
) -> None:
    assert (await receiver.client.get("/nowhere?surprise=1")).status == 404


async def test_head_has_the_parameters_of_get(receiver: Receiver) -> None:
    assert (await receiver.client.head("/orders?status=PENDING")).status == 200
    assert (await receiver.client.head("/products/search?q=Lamp")).status == 200
    assert (await receiver.client.head("/products?q=Lamp")).status == 422


async def test_the_document_itself_takes_no_parameters(receiver: Receiver) -> None:
    assert (await receiver.client.get("/openapi.json?pretty=1")).status == 422
    assert (await receiver.client.get("/openapi.json?")).status == 200
