from typing import Any

import pytest

from tests.support.recorded_stack import RecordedStack
from tests.unit.infra.conftest import GATEWAY, WORKFLOW, recorded

pytestmark = pytest.mark.process

TOPIC = "aws:sns/topic:Topic"
SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription"
QUEUE = "aws:sqs/queue:Queue"
FUNCTION = "aws:lambda/function:Function"
SERVICE = "aws:ecs/service:Service"

TABLES = ("orders", "payments", "products")
EVERY_STACK_HAS = {"topology", "api_url", "orders_table", "payments_table", "products_table"}


def names(stack: RecordedStack, type_: str) -> set[str]:
    return {resource.name for resource in stack.of_type(type_)}


def test_sync_has_one_service_and_nothing_that_carries_messages(sync_stack: RecordedStack) -> None:
    assert names(sync_stack, SERVICE) == {"receiver-service"}
    forbidden = ("aws:sns/", "aws:sqs/", "aws:lambda/")
    assert not [each for each in sync_stack.resources if each.type.startswith(forbidden)]


def test_async_has_both_services_a_queue_and_no_function(async_stack: RecordedStack) -> None:
    assert names(async_stack, SERVICE) == {"receiver-service", "processor-service"}
    assert names(async_stack, QUEUE) == {
        "order-processing-queue",
        "order-processing-dlq",
        "order-processing-undeliverable",
    }
    assert not [each for each in async_stack.resources if each.type.startswith("aws:lambda/")]


def test_serverless_has_a_function_no_processor_and_no_order_queue(
    serverless_stack: RecordedStack,
) -> None:
    assert names(serverless_stack, SERVICE) == {"receiver-service"}
    assert names(serverless_stack, FUNCTION) == {"order-events-function"}
    assert names(serverless_stack, QUEUE) == {"order-events-failures", "order-events-undeliverable"}
    assert not [each for each in serverless_stack.resources if "processor" in each.name]


@pytest.mark.parametrize(("stack", "protocol"), [("async", "sqs"), ("serverless", "lambda")])
def test_exactly_one_consumer_is_subscribed_to_the_topic(stack: str, protocol: str) -> None:
    subscription = recorded(stack).only(SUBSCRIPTION)
    topic = recorded(stack).only(TOPIC)
    assert subscription.inputs["protocol"] == protocol
    assert topic.urn in subscription.depends_on


@pytest.mark.parametrize(
    ("stack", "more"),
    [
        ("sync", set()),
        ("async", {"topic_arn", "queue_url", "dlq_url"}),
        ("serverless", {"topic_arn", "dlq_url"}),
        (
            GATEWAY,
            {
                "apiKey",
                "notifications_topic_arn",
                "queue_url",
                "dlq_url",
                "relay_failures_url",
                "notify_failures_url",
            },
        ),
        (
            WORKFLOW,
            {
                "apiKey",
                "notifications_topic_arn",
                "state_machine_arn",
                "relay_failures_url",
                "notify_failures_url",
            },
        ),
    ],
)
def test_outputs_have_the_same_names_in_every_topology(stack: str, more: set[str]) -> None:
    assert set(recorded(stack).outputs) == EVERY_STACK_HAS | more


def test_outputs_name_what_was_built(vpc_stack: RecordedStack) -> None:
    outputs: dict[str, Any] = dict(vpc_stack.outputs)
    assert outputs["api_url"] == "http://receiver-alb.us-west-2.elb.amazonaws.com"
    assert outputs["orders_table"].startswith("flash-sale-orders-")
    assert outputs["payments_table"].startswith("flash-sale-payments-")
    assert outputs["products_table"].startswith("flash-sale-products-")


def test_async_outputs_the_dead_letter_queue_of_its_queue(async_stack: RecordedStack) -> None:
    assert async_stack.outputs["queue_url"].endswith("/order-processing-queue")
    assert async_stack.outputs["dlq_url"].endswith("/order-processing-dlq")
    assert async_stack.outputs["topology"] == "async"


def test_serverless_outputs_the_failure_queue_of_its_function(
    serverless_stack: RecordedStack,
) -> None:
    assert serverless_stack.outputs["dlq_url"].endswith("/order-events-failures")
    assert serverless_stack.outputs["topology"] == "serverless"


def test_a_switch_of_ingress_keeps_tables_their_data_and_what_waits_in_the_queue() -> None:
    kept = ("aws:dynamodb/", "aws:sqs/queue:Queue")
    gateway = {each.urn for each in recorded(GATEWAY).resources}
    for other in ("async", "serverless"):
        stack = recorded(other)
        tables = {each.urn for each in stack.resources if each.type.startswith(kept[0])}
        assert len(tables) > len(TABLES)
        assert {urn.split("::", 2)[2] for urn in tables} <= {
            urn.split("::", 2)[2] for urn in gateway
        }
    queues = {each.urn.split("::", 2)[2] for each in recorded("async").of_type(kept[1])}
    both = queues & {urn.split("::", 2)[2] for urn in gateway}
    assert {urn.rpartition("::")[2] for urn in both} == {
        "order-processing-queue",
        "order-processing-dlq",
    }
