"""Query parameters are what the document says, on every route."""

from __future__ import annotations

import pytest

from receiver.operations import Operation, operations
from receiver.route_table import routes
from tests.unit.receiver.fakes import Receiver, order_with, problem_of

PATHS = {"{order_id}": "a-1", "{product_id}": "1"}
every_operation = pytest.mark.parametrize(
    "operation", operations("async"), ids=lambda operation: operation.name
)


def asked(operation: Operation) -> tuple[str, dict[str, str]]:
    """A path of the operation, with the parameters that it must have."""
    path = operation.path
    for pattern, value in PATHS.items():
        path = path.replace(pattern, value)
    needed = {"status": "PENDING", "q": "Lamp"}
    names = {each["name"] for each in operation.parameters if each["in"] == "query"}
    return path, {name: value for name, value in needed.items() if name in names}


@every_operation
@pytest.mark.parametrize("query", ["surprise=1", "surprise", "limitt=1", "=1", "%00=1", "%ff=1"])
async def test_an_unknown_parameter_is_refused_on_every_route(
    receiver: Receiver, operation: Operation, query: str
) -> None:
    path, parameters = asked(operation)
    known = "".join(f"&{name}={value}" for name, value in parameters.items())
    response = await receiver.client.request(
        operation.method, f"{path}?{query}{known}", json=order_with() if operation.body else None
    )
    assert response.status == 422
    problem = await problem_of(response)
    assert problem["rule"].startswith("is not a parameter here; there are ")
    assert receiver.table.orders == {}


@every_operation
async def test_a_parameter_sent_twice_is_refused(receiver: Receiver, operation: Operation) -> None:
    path, parameters = asked(operation)
    for name in parameters:
        response = await receiver.client.get(f"{path}?{name}=a&{name}=a")
        assert response.status == 422
        assert (await problem_of(response))["rule"] == "must be sent once"


@every_operation
async def test_known_parameters_are_taken(receiver: Receiver, operation: Operation) -> None:
    await receiver.order(order_id="a-1")
    path, parameters = asked(operation)
    response = await receiver.client.request(
        operation.method, path, params=parameters, json=order_with() if operation.body else None
    )
    assert response.status in {200, 202}


@every_operation
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
