"""Each statement of each policy is taken out in turn: the topology fails, and names the action."""

import json
from collections.abc import Iterator
from functools import partial

import pytest

from engine.deployment import deploy
from terminal.project import ROOT
from tests.integration.policies.shop import Shop, Statement
from tests.integration.policies.steps import NOT_ASKED, QUIET, STEPS, Step

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]

QUICK = {"paymentSeconds": "0.2", "leaseSeconds": "6", "visibilityTimeoutSeconds": "10"}
# Until an open receive ends, which was allowed when it began.
LONG_POLL_SECONDS = 25.0


@pytest.fixture(scope="module", params=["sync", "async", "serverless"])
def shop(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, free_ports: list[int]
) -> Iterator[Shop]:
    receiver_port, processor_port = free_ports
    ports = {"receiverPort": str(receiver_port), "processorPort": str(processor_port)}
    config = {**QUICK, "visibilityExtensionIntervalSeconds": "3", **ports}
    run_dir = tmp_path_factory.mktemp(request.param)
    with deploy(request.param, project=ROOT, config=config, run_dir=run_dir) as deployment:
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
        case "serverless":
            _take_away_function_permission(shop)
            # A known difference: on AWS the topic could not invoke the function any more.
            assert shop.settles(shop.order())


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


def _take_away_function_permission(shop: Shop) -> None:
    functions = shop.deployment.client("lambda")
    (function,) = functions.list_functions()["Functions"]
    name = function["FunctionName"]
    policy = json.loads(functions.get_policy(FunctionName=name)["Policy"])
    (statement,) = policy["Statement"]
    functions.remove_permission(FunctionName=name, StatementId=statement["Sid"])
