from pathlib import Path

import pulumi
import pytest

from infra.lambda_package import build_function_code
from infra.settings import PythonVersion
from tests.support.recorded_stack import RecordedStack
from tests.unit.infra.conftest import layer_for_this_machine, recorded_with_snap_start
from tests.unit.infra.test_services import FULFILMENT

pytestmark = pytest.mark.process

FUNCTION = "aws:lambda/function:Function"
ALIAS = "aws:lambda/alias:Alias"
LAYER = "aws:lambda/layerVersion:LayerVersion"
QUEUE_ARN = "arn:aws:sqs:us-west-2:123456789012:"


def test_the_function_gets_exactly_the_variables_of_the_contract(
    serverless_stack: RecordedStack,
) -> None:
    environment = serverless_stack.only(FUNCTION).inputs["environment"]
    assert environment == {"variables": {**FULFILMENT, "LEASE_SECONDS": "45"}}


def test_the_function_runs_the_handler_as_configured(serverless_stack: RecordedStack) -> None:
    machine = layer_for_this_machine()
    inputs = serverless_stack.only(FUNCTION).inputs
    assert inputs["handler"] == "lambda_fn.order_events.handler"
    assert inputs["runtime"] == f"python{machine['pythonVersion']}"
    assert inputs["architectures"] == [machine["architecture"]]
    assert (inputs["memorySize"], inputs["timeout"]) == (256, 30)


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
    assert function["layers"] == ["arn:aws:lambda:us-west-2:123456789012:functions-layer"]
    assert isinstance(layer["code"], pulumi.FileArchive)
    assert (Path(layer["code"].path) / "python" / "msgspec").is_dir()


def test_the_topic_and_nobody_else_may_invoke_the_function(
    serverless_stack: RecordedStack,
) -> None:
    permission = serverless_stack.only("aws:lambda/permission:Permission").inputs
    assert permission["action"] == "lambda:InvokeFunction"
    assert permission["principal"] == "sns.amazonaws.com"
    assert permission["sourceArn"].endswith(":order-processing-events")


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


def test_the_function_logs_its_own_json_lines_into_its_own_group(
    serverless_stack: RecordedStack,
) -> None:
    assert serverless_stack.only(FUNCTION).inputs["loggingConfig"] == {
        "logFormat": "Text",
        "logGroup": "order-events-logs-1a2b3c4",
    }


def test_without_snap_start_nothing_is_published(serverless_stack: RecordedStack) -> None:
    function = serverless_stack.only(FUNCTION).inputs
    assert "snapStart" not in function
    assert not function["publish"]
    assert serverless_stack.of_type(ALIAS) == []


def test_with_snap_start_the_topic_invokes_the_published_version_by_an_alias() -> None:
    stack = recorded_with_snap_start()
    function, alias = stack.only(FUNCTION), stack.only(ALIAS)
    assert function.inputs["snapStart"] == {"applyOn": "PublishedVersions"}
    assert function.inputs["publish"] is True
    assert alias.inputs["functionName"] == function.outputs["name"]
    subscriptions = stack.of_type("aws:sns/topicSubscription:TopicSubscription")
    assert [each.inputs["endpoint"] for each in subscriptions] == [alias.outputs["arn"]]


@pytest.mark.parametrize(
    "kind",
    [
        "aws:lambda/permission:Permission",
        "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig",
    ],
)
def test_with_snap_start_permission_and_retries_are_the_aliass_too(kind: str) -> None:
    assert recorded_with_snap_start().only(kind).inputs["qualifier"] == "live"
