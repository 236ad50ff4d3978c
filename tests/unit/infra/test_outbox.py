import json

import pytest

from tests.support.recorded_stack import Declared, RecordedStack

pytestmark = pytest.mark.process

MAPPING = "aws:lambda/eventSourceMapping:EventSourceMapping"
SQS = "arn:aws:sqs:us-west-2:123456789012"


def mapping(stack: RecordedStack, name: str) -> Declared:
    return stack.named(MAPPING, name)


def test_the_relay_reads_the_orders_table_s_stream_from_its_beginning(
    gateway_stack: RecordedStack,
) -> None:
    inputs = mapping(gateway_stack, "outbox-mapping").inputs
    assert inputs["eventSourceArn"].endswith(":flash-sale-orders/stream/1")
    assert inputs["startingPosition"] == "TRIM_HORIZON"
    assert inputs["batchSize"] == 100


def test_what_concerns_nobody_costs_no_invocation(gateway_stack: RecordedStack) -> None:
    filters = mapping(gateway_stack, "outbox-mapping").inputs["filterCriteria"]["filters"]
    assert [json.loads(each["pattern"]) for each in filters] == [
        {"eventName": ["INSERT"]},
        {
            "eventName": ["MODIFY"],
            "dynamodb": {"NewImage": {"status": {"S": ["COMPLETED", "FAILED"]}}},
        },
    ]


def test_a_record_that_fails_for_ever_holds_up_the_others_for_a_while_only(
    gateway_stack: RecordedStack,
) -> None:
    inputs = mapping(gateway_stack, "outbox-mapping").inputs
    assert inputs["functionResponseTypes"] == ["ReportBatchItemFailures"]
    assert inputs["bisectBatchOnFunctionError"] is True
    assert inputs["maximumRetryAttempts"] == 20
    assert inputs["maximumRecordAgeInSeconds"] == 3600
    assert inputs["destinationConfig"] == {
        "onFailure": {"destinationArn": f"{SQS}:outbox-failures"}
    }


def test_the_queue_is_worked_off_in_batches_of_ten_and_so_many_at_once(
    gateway_stack: RecordedStack,
) -> None:
    inputs = mapping(gateway_stack, "order-processing-mapping").inputs
    assert inputs["eventSourceArn"] == f"{SQS}:order-processing-queue"
    assert inputs["batchSize"] == 10
    assert inputs["functionResponseTypes"] == ["ReportBatchItemFailures"]
    assert inputs["scalingConfig"] == {"maximumConcurrency": 50}


def test_customers_are_told_of_settled_orders_by_a_filter_on_the_status(
    gateway_stack: RecordedStack,
) -> None:
    subscription = gateway_stack.only("aws:sns/topicSubscription:TopicSubscription").inputs
    assert json.loads(subscription["filterPolicy"]) == {"status": ["COMPLETED", "FAILED"]}


def test_nothing_is_published_before_somebody_listens(gateway_stack: RecordedStack) -> None:
    subscription = gateway_stack.only("aws:sns/topicSubscription:TopicSubscription")
    assert subscription.urn in mapping(gateway_stack, "outbox-mapping").depends_on


def test_there_is_no_server(gateway_stack: RecordedStack) -> None:
    assert not [
        each
        for each in gateway_stack.resources
        if each.type.startswith(("aws:ec2/", "aws:ecs/", "aws:lb/", "aws:ecr/", "docker:"))
    ]
