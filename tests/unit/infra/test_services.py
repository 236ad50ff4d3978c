import json
from typing import Any

import pytest

from infra.container import health_check
from tests.support.recorded_stack import (
    IMAGE_DIGEST,
    RecordedStack,
    record_stack,
)
from tests.unit.infra.conftest import recorded

pytestmark = pytest.mark.process

TASK_DEFINITION = "aws:ecs/taskDefinition:TaskDefinition"
SERVICE = "aws:ecs/service:Service"

EVERY_SERVICE = [
    ("sync", "receiver"),
    ("async", "receiver"),
    ("async", "processor"),
    ("serverless", "receiver"),
]
every_service = pytest.mark.parametrize(("stack", "service"), EVERY_SERVICE)

FULFILMENT = {
    "ORDERS_TABLE": "flash-sale-orders-1a2b3c4",
    "PRODUCTS_TABLE": "flash-sale-products-1a2b3c4",
    "PAYMENTS_TABLE": "flash-sale-payments-1a2b3c4",
    "PAYMENT_SECONDS": "3",
    "LEASE_SECONDS": "60",
    "STATUS_SHARDS": "10",
    "LOG_LEVEL": "INFO",
}
ANY_SERVICE = {
    **FULFILMENT,
    "DRAIN_SECONDS": "30",
    "STOP_TIMEOUT_SECONDS": "60",
    "AWS_REGION": "us-west-2",
}
RECEIVER = {
    **ANY_SERVICE,
    "PORT": "8080",
    "PAYMENT_CONCURRENCY": "5",
    "MAX_PENDING": "95",
}
TOPIC = {"SNS_TOPIC_ARN": "arn:aws:sns:us-west-2:123456789012:order-processing-events"}
PROCESSOR = {
    **ANY_SERVICE,
    "PORT": "8081",
    "SQS_QUEUE_URL": "https://sqs.us-west-2.amazonaws.com/123456789012/order-processing-queue",
    "DLQ_URL": "https://sqs.us-west-2.amazonaws.com/123456789012/order-processing-dlq",
    "PROCESSOR_CONCURRENCY": "20",
    "VISIBILITY_TIMEOUT_SECONDS": "180",
    "VISIBILITY_EXTENSION_INTERVAL_SECONDS": "60",
}


def container(stack: RecordedStack, service: str) -> dict[str, Any]:
    definition = stack.named(TASK_DEFINITION, f"{service}-task-definition")
    (only,) = json.loads(definition.inputs["containerDefinitions"])
    assert isinstance(only, dict)
    return only


@pytest.mark.parametrize(
    ("stack", "service", "expected"),
    [
        ("sync", "receiver", {**RECEIVER, "TOPOLOGY": "sync"}),
        ("async", "receiver", {**RECEIVER, **TOPIC, "TOPOLOGY": "async"}),
        ("async", "processor", PROCESSOR),
        (
            "serverless",
            "receiver",
            {**RECEIVER, **TOPIC, "TOPOLOGY": "serverless", "LEASE_SECONDS": "45"},
        ),
    ],
)
def test_a_service_gets_exactly_the_variables_of_the_contract(
    stack: str, service: str, expected: dict[str, str]
) -> None:
    entries = container(recorded(stack), service)["environment"]
    assert {entry["name"]: entry["value"] for entry in entries} == expected
    assert [entry["name"] for entry in entries] == sorted(expected)


def test_settings_reach_the_services() -> None:
    stack = record_stack(
        "async",
        {
            "paymentSeconds": "0.5",
            "maxPending": "40",
            "processorConcurrency": "7",
            "processorPort": "9000",
            "processorTasks": "4",
            "stopTimeoutSeconds": "90",
        },
    )
    receiver = {each["name"]: each["value"] for each in container(stack, "receiver")["environment"]}
    assert (receiver["PAYMENT_SECONDS"], receiver["MAX_PENDING"]) == ("0.5", "40")
    worker = container(stack, "processor")
    variables = {each["name"]: each["value"] for each in worker["environment"]}
    assert (variables["PROCESSOR_CONCURRENCY"], variables["PORT"]) == ("7", "9000")
    assert worker["portMappings"] == [{"containerPort": 9000, "protocol": "tcp"}]
    assert worker["stopTimeout"] == 90
    assert stack.named(SERVICE, "processor-service").inputs["desiredCount"] == 4


@every_service
def test_a_container_runs_its_package_from_an_image_named_by_digest(
    stack: str, service: str
) -> None:
    only = container(recorded(stack), service)
    assert only["command"] == ["python", "-m", service]
    assert only["image"].endswith(f"@{IMAGE_DIGEST}")
    assert only["readonlyRootFilesystem"] is True


@every_service
def test_a_container_has_more_time_to_stop_than_it_takes_to_drain(stack: str, service: str) -> None:
    only = container(recorded(stack), service)
    variables = {entry["name"]: entry["value"] for entry in only["environment"]}
    assert only["stopTimeout"] > int(variables["DRAIN_SECONDS"])
    assert only["stopTimeout"] == int(variables["STOP_TIMEOUT_SECONDS"])


@every_service
def test_a_container_is_checked_on_its_own_port_and_logs_into_its_own_group(
    stack: str, service: str
) -> None:
    only = container(recorded(stack), service)
    port = {"receiver": 8080, "processor": 8081}[service]
    assert only["healthCheck"] == health_check(port)
    assert only["logConfiguration"] == {
        "logDriver": "awslogs",
        "options": {
            "awslogs-group": f"{service}-logs-1a2b3c4",
            "awslogs-region": "us-west-2",
            "awslogs-stream-prefix": service,
        },
    }


@every_service
def test_a_task_is_a_small_arm_fargate_task_with_two_roles(stack: str, service: str) -> None:
    definition = recorded(stack).named(TASK_DEFINITION, f"{service}-task-definition").inputs
    assert (definition["cpu"], definition["memory"]) == ("256", "512")
    assert (definition["requiresCompatibilities"], definition["networkMode"]) == (
        ["FARGATE"],
        "awsvpc",
    )
    assert definition["taskRoleArn"].endswith(f":{service}-task-role")
    assert definition["executionRoleArn"].endswith(f":{service}-execution-role")


@pytest.mark.parametrize(
    ("architecture", "cpu", "platform"),
    [("arm64", "ARM64", "linux/arm64"), ("x86_64", "X86_64", "linux/amd64")],
)
def test_tasks_and_images_are_for_the_configured_architecture(
    architecture: str, cpu: str, platform: str
) -> None:
    stack = record_stack("sync", {"architecture": architecture, "pythonVersion": "3.12"})
    assert stack.only(TASK_DEFINITION).inputs["runtimePlatform"] == {
        "operatingSystemFamily": "LINUX",
        "cpuArchitecture": cpu,
    }
    build = stack.only("docker:index/image:Image").inputs["build"]
    assert build["platform"] == platform
    assert build["args"]["PYTHON_VERSION"] == "3.12"


@every_service
def test_a_service_runs_privately_and_rolls_back_a_failed_deployment(
    stack: str, service: str
) -> None:
    inputs = recorded(stack).named(SERVICE, f"{service}-service").inputs
    assert inputs["launchType"] == "FARGATE"
    assert inputs["desiredCount"] == 1
    assert inputs["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
    assert inputs["networkConfiguration"] == {
        "assignPublicIp": False,
        "securityGroups": [f"{service}-firewall-id"],
        "subnets": ["flash-sale-private-1-id", "flash-sale-private-2-id"],
    }


def test_the_receiver_serves_behind_the_load_balancer(vpc_stack: RecordedStack) -> None:
    receiver = vpc_stack.named(SERVICE, "receiver-service")
    (target,) = receiver.inputs["loadBalancers"]
    assert (target["containerName"], target["containerPort"]) == ("receiver", 8080)


def test_the_processor_stands_behind_no_load_balancer(async_stack: RecordedStack) -> None:
    assert async_stack.named(SERVICE, "processor-service").inputs["loadBalancers"] == []


def test_every_log_group_keeps_its_logs_for_a_week(any_stack: RecordedStack) -> None:
    groups = any_stack.of_type("aws:cloudwatch/logGroup:LogGroup")
    assert groups
    assert {group.inputs["retentionInDays"] for group in groups} == {7}
