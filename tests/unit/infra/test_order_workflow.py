import json

import pytest

from infra.workflow_definition import TASKS
from tests.support.recorded_stack import RecordedStack
from tests.unit.infra.test_iam import DYNAMODB, LOGS, allowed

pytestmark = pytest.mark.process

MACHINE = "aws:sfn/stateMachine:StateMachine"
FUNCTION = "aws:lambda/function:Function"
ORDERS = ("dynamodb:UpdateItem", f"{DYNAMODB}-orders")
MAY = {
    "claim-order": {ORDERS},
    "charge-order": {("dynamodb:PutItem", f"{DYNAMODB}-payments")},
    "complete-order": {ORDERS, ("dynamodb:UpdateItem", f"{DYNAMODB}-products")},
    "decide-failure": {ORDERS},
    "refund-order": {("dynamodb:UpdateItem", f"{DYNAMODB}-payments")},
    "fail-order": {ORDERS},
}


def test_there_is_a_state_machine_and_no_queue_of_orders(workflow_stack: RecordedStack) -> None:
    machine = workflow_stack.only(MACHINE)
    assert machine.inputs["type"] == "STANDARD"
    assert machine.inputs["tracingConfiguration"] == {"enabled": True}
    assert machine.inputs["loggingConfiguration"]["level"] == "ERROR"
    assert not machine.inputs["loggingConfiguration"]["includeExecutionData"]
    queues = {each.name for each in workflow_stack.of_type("aws:sqs/queue:Queue")}
    assert "order-processing-queue" not in queues
    assert workflow_stack.outputs["state_machine_arn"] == machine.outputs["arn"]


def test_each_task_invokes_its_own_function_as_long_as_it_may_run(
    workflow_stack: RecordedStack,
) -> None:
    states = json.loads(workflow_stack.only(MACHINE).inputs["definition"])["States"]
    functions = {each.outputs["arn"]: each.inputs for each in workflow_stack.of_type(FUNCTION)}
    for state, module in TASKS.items():
        function = functions[states[state]["Parameters"]["FunctionName"]]
        assert function["handler"] == f"lambda_fn.{module}.handler"
        assert function["timeout"] <= states[state]["TimeoutSeconds"]


@pytest.mark.parametrize("task", sorted(MAY))
def test_a_task_may_do_its_own_step_and_no_more(workflow_stack: RecordedStack, task: str) -> None:
    logs = f"{LOGS}:order-workflow-{task}-logs:*"
    assert allowed(workflow_stack, f"order-workflow-{task}-policy") == MAY[task] | {
        ("logs:CreateLogStream", logs),
        ("logs:PutLogEvents", logs),
    }


def test_the_machine_invokes_its_tasks_and_nothing_else(workflow_stack: RecordedStack) -> None:
    may = allowed(workflow_stack, "order-workflow-policy")
    invoked = {resource for action, resource in may if action == "lambda:InvokeFunction"}
    assert {arn.rpartition(":")[2] for arn in invoked} == {
        f"order-workflow-{task}-function" for task in MAY
    }


def test_the_relay_starts_workflows_and_sends_nothing_to_a_queue_of_orders(
    workflow_stack: RecordedStack,
) -> None:
    may = allowed(workflow_stack, "outbox-relay-policy")
    machine = workflow_stack.only(MACHINE).outputs["arn"]
    assert ("states:StartExecution", machine) in may
    assert {resource for action, resource in may if action == "sqs:SendMessage"} == {
        "arn:aws:sqs:us-west-2:123456789012:outbox-failures"
    }
    relay = workflow_stack.named(FUNCTION, "outbox-relay-function").inputs
    variables = relay["environment"]["variables"]
    assert variables["STATE_MACHINE_ARN"] == machine
    assert "SQS_QUEUE_URL" not in variables
