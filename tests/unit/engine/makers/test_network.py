"""Load balancers that do not run: their names lead to the services behind them."""

from __future__ import annotations

from typing import Any, cast

from engine.makers.context import Context, Listener, Resource
from engine.makers.network import MAKERS, addresses, reachable
from engine.services.processes import ServiceDeclaration, TaskDeclaration

LISTENER = "aws:lb/listener:Listener"


class FakeContext:
    def __init__(self, **targets: int) -> None:
        task = TaskDeclaration("web", ("python",), {}, None, 30)
        self.services = {"web": ServiceDeclaration("web", task, 1, targets)}
        self.load_balancers = {"arn:front": "front-1.eu-west-1.elb.amazonaws.com"}
        self.listeners: list[Listener] = []
        self.rest_apis = {"a1b2": "orders"}
        self.region = "eu-west-1"
        self.endpoint_url = "http://127.0.0.1:4566"

    def arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:::{resource}"

    def listen(self, port: int, *actions: dict[str, Any]) -> None:
        inputs = {"loadBalancerArn": "arn:front", "port": port, "defaultActions": list(actions)}
        MAKERS[LISTENER](cast("Context", self), Resource(LISTENER, "http", inputs))

    def reach(self, text: str) -> str:
        return reachable(text, addresses(cast("Context", self)))


def forward(target: str) -> dict[str, Any]:
    return {"type": "forward", "targetGroupArn": target}


def test_the_name_alone_is_the_lowest_listener_and_each_port_its_own_service() -> None:
    context = FakeContext(web=8080, admin=9090)
    context.listen(8443, forward("admin"))
    context.listen(80, forward("web"))
    name = "front-1.eu-west-1.elb.amazonaws.com"
    assert context.reach(f"http://{name}/orders") == "http://127.0.0.1:8080/orders"
    assert context.reach(f"http://{name}:8443") == "http://127.0.0.1:9090"


def test_a_balancer_without_a_service_behind_it_keeps_its_name() -> None:
    context = FakeContext(web=8080)
    context.listen(80, {"type": "fixed-response"}, forward("nobody's"))
    text = "http://front-1.eu-west-1.elb.amazonaws.com"
    assert context.reach(text) == text


def test_an_api_is_answered_by_the_emulator() -> None:
    there = "https://a1b2.execute-api.eu-west-1.amazonaws.com/v1"
    assert FakeContext().reach(there) == "http://127.0.0.1:4566/_aws/execute-api/a1b2/v1"
