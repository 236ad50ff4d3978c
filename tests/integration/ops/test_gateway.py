"""Recovery after failures behind API Gateway, while the stack is up."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from lab.topologies import GATEWAY
from tests.integration.ops.conftest import deployed
from tests.integration.ops.ward import Commands, Ward, announcement
from tests.support.queue_shop import until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

QUICK = {"lambdaTimeoutSeconds": "6", "visibilityTimeoutSeconds": "36"}


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    folder = tmp_path_factory.mktemp("gateway")
    with deployed(GATEWAY.deployed_as, folder, {**QUICK, **GATEWAY.config}) as ward:
        yield ward


@contextmanager
def relay_switched_off(ward: Ward) -> Iterator[None]:
    """As if what the stream says meanwhile were lost: 24 hours pass before it is on again."""
    functions = ward.stack.client("lambda")
    (relay,) = [
        each["UUID"]
        for each in functions.list_event_source_mappings()["EventSourceMappings"]
        if ":dynamodb:" in each["EventSourceArn"]
    ]
    functions.update_event_source_mapping(UUID=relay, Enabled=False)
    try:
        yield
    finally:
        functions.update_event_source_mapping(UUID=relay, Enabled=True)


def told(ward: Ward, order_id: str) -> bool:
    logs = ward.outputs_file.parent.glob("logs/function-order-notifications-*.log")
    text = "".join(path.read_text(encoding="utf-8") for path in logs)
    return any("customer_notified" in line and order_id in line for line in text.splitlines())


def test_orders_that_the_relay_never_passed_on_are_queued(ward: Ward, lab: Commands) -> None:
    stock = ward.stock()
    with relay_switched_off(ward):
        orders = ward.put_orders(5) + ward.put_orders(2, leased_until=-3600)
        code, told_of = lab("reconcile")
        assert code == 0
        assert len(told_of["orders"]) == 7
        ward.assert_paid_once(orders, stock)
        assert lab("reconcile")[1]["orders"] == []
    until(lambda: all(told(ward, each) for each in orders))


def test_what_is_no_order_is_set_aside_and_holds_up_nobody(ward: Ward) -> None:
    before = ward.messages("relay_failures_url")
    table = {"TableName": ward.outputs["orders_table"]}
    ward.stack.client("dynamodb").put_item(**table, Item={"orderId": {"S": "what is that"}})
    (order,) = ward.put_orders(1)
    until(lambda: ward.statuses([order]) == {"COMPLETED": 1})
    until(lambda: ward.messages("relay_failures_url")[0] == before[0] + 1)
    kept = ward.sqs.receive_message(QueueUrl=ward.outputs["relay_failures_url"])["Messages"][0]
    assert json.loads(kept["Body"])["keys"] == {"orderId": {"S": "what is that"}}


def test_dead_letters_go_back_to_the_queue_of_orders(ward: Ward, lab: Commands) -> None:
    stock = ward.stock()
    ward.send("queue_url", announcement("late"))  # no such order: set aside at once
    until(lambda: ward.messages("dlq_url") == (1, 0))
    with relay_switched_off(ward):
        ward.put_order("late")
        code, said = lab("redrive")
        assert code == 0
        assert said["to"] == ward.outputs["queue_url"]
        ward.assert_paid_once(["late"], stock)


def test_notifications_that_were_given_up_are_published_again(ward: Ward, lab: Commands) -> None:
    topic = ward.outputs["notifications_topic_arn"]
    completed = {"status": {"DataType": "String", "StringValue": "COMPLETED"}}
    ward.stack.client("sns").publish(
        TopicArn=topic, Message="no notification", MessageAttributes=completed
    )
    until(lambda: ward.messages("notify_failures_url") == (1, 0))
    good = {
        "schema": 1,
        "order_id": "given-up",
        "customer_id": "7",
        "status": "COMPLETED",
        "total_cents": 1,
    }
    event = {
        "Message": json.dumps(good),
        "MessageAttributes": {"status": {"Type": "String", "Value": "COMPLETED"}},
    }
    record = {
        "requestContext": {"condition": "RetriesExhausted"},
        "requestPayload": {"Records": [{"Sns": event}]},
        "responsePayload": {"errorType": "Timeout"},
    }
    ward.send("notify_failures_url", json.dumps(record))
    code, said = lab("redrive", "--notifications")
    assert code == 0
    assert sum(said["moved"].values()) == 2
    assert said["to"] == topic
    until(lambda: told(ward, "given-up"))
    until(lambda: ward.messages("notify_failures_url") == (1, 0))  # still poison, and back
