"""Each statement of each policy is taken out in turn: the topology fails, and names the action."""

import json
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from engine.deployment import deploy
from terminal.project import ROOT
from tests.integration.policies.shop import Shop, Statement
from tests.integration.policies.steps import NOT_ASKED, QUIET, STEPS, Step

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]

QUICK = {"paymentSeconds": "0.2", "leaseSeconds": "6", "visibilityTimeoutSeconds": "10"}
GATEWAY, WORKFLOW = "gateway", "workflow"
BEHIND_A_GATEWAY = {
    "ingress": "apigateway",
    "lambdaTimeoutSeconds": "6",
    "visibilityTimeoutSeconds": "36",
}
# Until an open receive ends, which was allowed when it began.
LONG_POLL_SECONDS = 25.0


@pytest.fixture(scope="module", params=["sync", "async", "serverless", GATEWAY, WORKFLOW])
def shop(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, free_ports: list[int]
) -> Iterator[Shop]:
    receiver_port, processor_port = free_ports
    ports = {"receiverPort": str(receiver_port), "processorPort": str(processor_port)}
    config = {**QUICK, "visibilityExtensionIntervalSeconds": "3", **ports}
    stack, gateway = request.param, {}
    if stack in (GATEWAY, WORKFLOW):
        machine = {"workflow": "stateMachine"} if stack == WORKFLOW else {}
        stack, gateway = "serverless", {**BEHIND_A_GATEWAY, **machine}
    with deploy(
        stack,
        project=ROOT,
        config={**config, **gateway},
        run_dir=tmp_path_factory.mktemp(request.param),
        first_retry_seconds=0.1,
    ) as deployment:
        yield Shop(deployment)


def test_each_statement_of_each_role_is_missed_when_it_is_gone(shop: Shop) -> None:
    asked = [each for each in shop.statements() if each.sid not in NOT_ASKED]
    if shop.deployment.stack == "sync":
        # Nothing announces orders there, so what does is no part of its policy.
        assert "PublishOrders" not in {each.sid for each in asked}
    for statement in asked:
        step = _step(statement)
        assert step(shop), f"{statement} is there, and yet {step.__name__} fails"
        before = shop.missed(statement)
        with shop.without(statement):
            worked = step(shop)
            missed = shop.waits_for(
                partial(_missed_again, shop, statement, before), LONG_POLL_SECONDS
            )
        assert missed, f"no log says that {statement} is missed"
        assert statement.sid in QUIET or not worked, f"{step.__name__} works without {statement}"


def test_the_topic_reaches_its_subscriber_only_with_the_subscribers_leave(shop: Shop) -> None:
    match shop.deployment.stack:
        case "sync":
            pytest.skip("sync has no topic")
        case "async":
            _take_away_queue_policy(shop)
            assert not shop.settles(shop.order())
        case "serverless" if "apiKey" not in shop.outputs:
            _take_away_permission(shop, "order-events", "sns.amazonaws.com")
            assert not shop.settles(shop.order())
        case "serverless":
            _take_away_permission(shop, "order-notifications-notify", "sns.amazonaws.com")
            order = shop.order()
            assert shop.settles(order)
            assert not shop.waits_for(lambda: shop.told(order["order_id"]), seconds=3)


def test_the_gateway_reaches_a_function_only_with_the_functions_leave(shop: Shop) -> None:
    if "apiKey" not in shop.outputs:
        pytest.skip("no gateway")
    uses: dict[str, Callable[[], object]] = {
        "read-orders": lambda: shop.request("/orders?status=COMPLETED"),
        "create-order": shop.order,
    }
    for function, answer in uses.items():
        assert answer() is not None
        _take_away_permission(shop, function, "apigateway.amazonaws.com")
        assert answer() is None


def _missed_again(shop: Shop, statement: Statement, before: int) -> bool:
    return shop.missed(statement) > before


def _step(statement: Statement) -> Step:
    steps = [STEPS[service] for service in STEPS if statement.role.startswith(service)]
    assert len(steps) == 1, f"whose role is {statement.role}?"
    assert statement.sid in steps[0], f"write a step that {statement} is for"
    return steps[0][statement.sid]


def _take_away_queue_policy(shop: Shop) -> None:
    sqs = shop.deployment.client("sqs")
    queue = shop.outputs["queue_url"]
    attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["Policy"])["Attributes"]
    assert len(json.loads(attributes["Policy"])["Statement"]) == 1
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": ""})


def _take_away_permission(shop: Shop, name: str, service: str) -> None:
    """Take what lets a service invoke a function out of the function's own policy."""
    functions = shop.deployment.client("lambda")
    (function,) = [
        each["FunctionName"]
        for each in functions.list_functions()["Functions"]
        if each["FunctionName"].startswith(f"{name}-")
    ]
    policy = json.loads(functions.get_policy(FunctionName=function)["Policy"])
    taken = [each for each in policy["Statement"] if each["Principal"] == {"Service": service}]
    assert taken
    for statement in taken:
        functions.remove_permission(FunctionName=function, StatementId=statement["Sid"])
