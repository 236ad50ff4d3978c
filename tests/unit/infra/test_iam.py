import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.recorded_stack import ACCOUNT, RecordedStack
from tests.unit.infra.conftest import recorded

pytestmark = pytest.mark.process

ROLE = "aws:iam/role:Role"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
DYNAMODB = "arn:aws:dynamodb:us-west-2:123456789012:flash-sale"
SQS = "arn:aws:sqs:us-west-2:123456789012"

FULFILMENT = {
    ("dynamodb:UpdateItem", f"{DYNAMODB}-orders"),
    ("dynamodb:PutItem", f"{DYNAMODB}-payments"),
    ("dynamodb:UpdateItem", f"{DYNAMODB}-payments"),
    ("dynamodb:UpdateItem", f"{DYNAMODB}-products"),
}
BATCHES = {
    ("dynamodb:PartiQLUpdate", f"{DYNAMODB}-orders"),
    ("dynamodb:PartiQLInsert", f"{DYNAMODB}-payments"),
}
RECEIVING = {
    ("dynamodb:PartiQLInsert", f"{DYNAMODB}-orders"),
    ("dynamodb:GetItem", f"{DYNAMODB}-orders"),
    ("dynamodb:Query", f"{DYNAMODB}-orders/index/status-index"),
    ("dynamodb:Scan", f"{DYNAMODB}-products"),
}
PUBLISHING = {("sns:Publish", "arn:aws:sns:us-west-2:123456789012:order-processing-events")}
CONSUMING = {
    ("sqs:ReceiveMessage", f"{SQS}:order-processing-queue"),
    ("sqs:DeleteMessage", f"{SQS}:order-processing-queue"),
    ("sqs:ChangeMessageVisibility", f"{SQS}:order-processing-queue"),
    ("sqs:GetQueueAttributes", f"{SQS}:order-processing-queue"),
    ("sqs:SendMessage", f"{SQS}:order-processing-dlq"),
}
STREAM = f"{DYNAMODB}-orders/stream/1"
POLLED = {
    ("sqs:ReceiveMessage", f"{SQS}:order-processing-queue"),
    ("sqs:DeleteMessage", f"{SQS}:order-processing-queue"),
    ("sqs:GetQueueAttributes", f"{SQS}:order-processing-queue"),
    ("sqs:SendMessage", f"{SQS}:order-processing-dlq"),
}
FUNCTIONS = {
    "create-order": {
        ("dynamodb:PutItem", f"{DYNAMODB}-orders"),
        ("dynamodb:GetItem", f"{DYNAMODB}-orders"),
        ("dynamodb:Scan", f"{DYNAMODB}-products"),
    },
    "read-orders": {
        ("dynamodb:GetItem", f"{DYNAMODB}-orders"),
        ("dynamodb:Query", f"{DYNAMODB}-orders/index/status-index"),
        ("dynamodb:Scan", f"{DYNAMODB}-products"),
    },
    "outbox-relay": {
        ("dynamodb:DescribeStream", STREAM),
        ("dynamodb:GetRecords", STREAM),
        ("dynamodb:GetShardIterator", STREAM),
        ("dynamodb:ListStreams", "*"),
        ("sqs:SendMessage", f"{SQS}:order-processing-queue"),
        ("sqs:SendMessage", f"{SQS}:outbox-failures"),
        ("sns:Publish", "arn:aws:sns:us-west-2:123456789012:order-notifications-topic"),
    },
    "order-processing-orders": FULFILMENT | BATCHES | POLLED,
    "order-notifications-notify": {("sqs:SendMessage", f"{SQS}:order-notifications-failures")},
}
LOGS = "arn:aws:cloudwatch:us-west-2:123456789012"

# https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
NOTHING_TO_NAME = ({"ecr:GetAuthorizationToken"}, {"dynamodb:ListStreams"})
# https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html#cloudwatch-iam-policy
DELIVERIES = {"DeliverLogs", "SendTraces"}


def statements(stack: RecordedStack, policy: str) -> list[dict[str, Any]]:
    document = json.loads(stack.named(ROLE_POLICY, policy).inputs["policy"])
    assert document["Version"] == "2012-10-17"
    return list(document["Statement"])


def every_statement(stack: RecordedStack) -> Iterator[dict[str, Any]]:
    for policy in stack.of_type(ROLE_POLICY):
        yield from statements(stack, policy.name)


def allowed(stack: RecordedStack, policy: str) -> set[tuple[str, str]]:
    return {
        (action, resource)
        for statement in statements(stack, policy)
        for action in statement["Action"]
        for resource in statement["Resource"]
    }


@pytest.mark.parametrize(
    ("stack", "policy", "expected"),
    [
        ("sync", "receiver-task-policy", FULFILMENT | RECEIVING),
        ("async", "receiver-task-policy", FULFILMENT | RECEIVING | PUBLISHING),
        ("serverless", "receiver-task-policy", FULFILMENT | RECEIVING | PUBLISHING),
        ("async", "processor-task-policy", FULFILMENT | BATCHES | CONSUMING),
    ],
)
def test_a_service_may_do_what_it_does_and_no_more(
    stack: str, policy: str, expected: set[tuple[str, str]]
) -> None:
    assert allowed(recorded(stack), policy) == expected


def test_the_function_may_fulfil_orders_write_its_logs_and_keep_its_failures(
    serverless_stack: RecordedStack,
) -> None:
    assert allowed(serverless_stack, "order-events-policy") == FULFILMENT | {
        ("logs:CreateLogStream", f"{LOGS}:order-events-logs:*"),
        ("logs:PutLogEvents", f"{LOGS}:order-events-logs:*"),
        ("sqs:SendMessage", f"{SQS}:order-events-failures"),
    }


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_a_function_behind_the_gateway_may_do_what_it_does_and_no_more(
    gateway_stack: RecordedStack, function: str
) -> None:
    assert allowed(gateway_stack, f"{function}-policy") == FUNCTIONS[function] | {
        ("logs:CreateLogStream", f"{LOGS}:{function}-logs:*"),
        ("logs:PutLogEvents", f"{LOGS}:{function}-logs:*"),
    }


def test_every_function_has_a_role_of_its_own(gateway_stack: RecordedStack) -> None:
    functions = gateway_stack.of_type("aws:lambda/function:Function")
    assert {each.name.removesuffix("-function") for each in functions} == FUNCTIONS.keys()
    assert len({each.inputs["role"] for each in functions}) == len(functions)


@pytest.mark.parametrize(
    ("stack", "service"), [("sync", "receiver"), ("async", "processor"), ("async", "receiver")]
)
def test_an_execution_role_pulls_its_own_image_and_writes_its_own_logs(
    stack: str, service: str
) -> None:
    repository = f"arn:aws:ecr:us-west-2:123456789012:{service}-repository"
    assert allowed(recorded(stack), f"{service}-execution-policy") == {
        ("ecr:GetAuthorizationToken", "*"),
        ("ecr:BatchCheckLayerAvailability", repository),
        ("ecr:BatchGetImage", repository),
        ("ecr:GetDownloadUrlForLayer", repository),
        ("logs:CreateLogStream", f"{LOGS}:{service}-logs:*"),
        ("logs:PutLogEvents", f"{LOGS}:{service}-logs:*"),
    }


def test_no_action_is_a_wildcard(any_stack: RecordedStack) -> None:
    assert not [
        action
        for statement in every_statement(any_stack)
        for action in statement["Action"]
        if "*" in action
    ]


def test_no_resource_is_a_wildcard_where_aws_lets_one_be_named(any_stack: RecordedStack) -> None:
    for statement in every_statement(any_stack):
        for resource in statement["Resource"]:
            if set(statement["Action"]) in NOTHING_TO_NAME or statement["Sid"] in DELIVERIES:
                assert resource == "*"
            elif all(action.startswith("logs:") for action in statement["Action"]):
                assert resource.endswith("-logs:*")
                assert resource.count("*") == 1
            else:
                assert "*" not in resource


def test_every_statement_has_a_name_that_is_unique_in_its_policy(any_stack: RecordedStack) -> None:
    for policy in any_stack.of_type(ROLE_POLICY):
        sids = Counter(statement["Sid"] for statement in statements(any_stack, policy.name))
        assert set(sids.values()) == {1}, policy.name
        assert all(sid.isalnum() for sid in sids)


def test_no_action_on_a_resource_is_allowed_twice(any_stack: RecordedStack) -> None:
    for policy in any_stack.of_type(ROLE_POLICY):
        pairs = Counter(
            (action, resource)
            for statement in statements(any_stack, policy.name)
            for action in statement["Action"]
            for resource in statement["Resource"]
        )
        assert set(pairs.values()) == {1}, policy.name


@pytest.mark.parametrize(
    ("stack", "principals"),
    [
        ("sync", {"receiver-task": "ecs-tasks", "receiver-execution": "ecs-tasks"}),
        (
            "async",
            {
                "receiver-task": "ecs-tasks",
                "receiver-execution": "ecs-tasks",
                "processor-task": "ecs-tasks",
                "processor-execution": "ecs-tasks",
            },
        ),
        (
            "serverless",
            {
                "receiver-task": "ecs-tasks",
                "receiver-execution": "ecs-tasks",
                "order-events": "lambda",
            },
        ),
    ],
)
def test_each_role_is_assumed_by_one_aws_service_and_for_this_account_only(
    stack: str, principals: dict[str, str]
) -> None:
    found = {}
    for role in recorded(stack).of_type(ROLE):
        (statement,) = json.loads(role.inputs["assumeRolePolicy"])["Statement"]
        assert statement["Action"] == "sts:AssumeRole"
        assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
        found[role.name.removesuffix("-role")] = statement["Principal"]["Service"]
    assert found == {name: f"{service}.amazonaws.com" for name, service in principals.items()}
