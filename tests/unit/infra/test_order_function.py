from pathlib import Path

import pulumi

from infra.function_code import build_function_code
from infra.vocabulary import PythonVersion
from tests.support.recorded_stack import RecordedStack
from tests.unit.infra.conftest import layer_for_this_machine
from tests.unit.infra.test_services import FULFILMENT

FUNCTION = "aws:lambda/function:Function"
LAYER = "aws:lambda/layerVersion:LayerVersion"
QUEUE_ARN = "arn:aws:sqs:us-west-2:123456789012:"


def test_the_function_gets_exactly_the_variables_of_the_contract(
    serverless_stack: RecordedStack,
) -> None:
    environment = serverless_stack.only(FUNCTION).inputs["environment"]
    assert environment == {"variables": FULFILMENT}


def test_the_function_runs_the_handler_as_configured(serverless_stack: RecordedStack) -> None:
    machine = layer_for_this_machine()
    inputs = serverless_stack.only(FUNCTION).inputs
    assert inputs["handler"] == "lambda_fn.order_events.handler"
    assert inputs["runtime"] == f"python{machine['pythonVersion']}"
    assert inputs["architectures"] == [machine["architecture"]]
    assert (inputs["memorySize"], inputs["timeout"]) == (512, 30)


def test_the_function_carries_its_own_code(serverless_stack: RecordedStack) -> None:
    code = serverless_stack.only(FUNCTION).inputs["code"]
    assert isinstance(code, pulumi.FileArchive)
    version = PythonVersion(layer_for_this_machine()["pythonVersion"])
    assert Path(code.path) == build_function_code(version)


def test_the_dependencies_come_as_a_layer_for_the_same_runtime(
    serverless_stack: RecordedStack,
) -> None:
    layer = serverless_stack.only(LAYER).inputs
    function = serverless_stack.only(FUNCTION).inputs
    assert layer["compatibleRuntimes"] == [function["runtime"]]
    assert layer["compatibleArchitectures"] == function["architectures"]
    assert function["layers"] == ["arn:aws:lambda:us-west-2:123456789012:order-events-layer"]
    assert isinstance(layer["code"], pulumi.FileArchive)
    assert (Path(layer["code"].path) / "python" / "botocore").is_dir()


def test_the_function_starts_only_once_its_role_may_act(serverless_stack: RecordedStack) -> None:
    policy = serverless_stack.named("aws:iam/rolePolicy:RolePolicy", "order-events-policy")
    assert policy.urn in serverless_stack.only(FUNCTION).depends_on


def test_the_topic_and_nobody_else_may_invoke_the_function(
    serverless_stack: RecordedStack,
) -> None:
    permission = serverless_stack.only("aws:lambda/permission:Permission").inputs
    assert permission["action"] == "lambda:InvokeFunction"
    assert permission["principal"] == "sns.amazonaws.com"
    assert permission["sourceArn"].endswith(":orders-topic")


def test_an_event_that_keeps_failing_is_kept_with_its_error(
    serverless_stack: RecordedStack,
) -> None:
    inputs = serverless_stack.only(
        "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig"
    ).inputs
    assert inputs["maximumRetryAttempts"] == 2
    assert inputs["destinationConfig"] == {
        "onFailure": {"destination": f"{QUEUE_ARN}order-events-failures"}
    }


def test_the_function_is_subscribed_once_it_may_be_invoked_and_keeps_its_failures(
    serverless_stack: RecordedStack,
) -> None:
    subscription = serverless_stack.only("aws:sns/topicSubscription:TopicSubscription")
    for type_ in (
        "aws:lambda/permission:Permission",
        "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig",
    ):
        assert serverless_stack.only(type_).urn in subscription.depends_on


def test_the_function_logs_its_own_json_lines_into_its_own_group(
    serverless_stack: RecordedStack,
) -> None:
    assert serverless_stack.only(FUNCTION).inputs["loggingConfig"] == {
        "logFormat": "Text",
        "logGroup": "/flash-sale/serverless/order-events",
    }
