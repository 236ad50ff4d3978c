import json

import pytest

from tests.support.recorded_stack import RecordedStack, record_stack
from tests.unit.infra.conftest import recorded

pytestmark = pytest.mark.process

QUEUE = "aws:sqs/queue:Queue"
QUEUE_POLICY = "aws:sqs/queuePolicy:QueuePolicy"
SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription"
QUEUE_ARN = "arn:aws:sqs:us-west-2:123456789012:"
TOPIC_ARN = "arn:aws:sns:us-west-2:123456789012:order-processing-events"


@pytest.mark.parametrize("stack", ["async", "serverless"])
def test_the_topic_is_encrypted_with_a_key_that_every_publisher_of_the_account_may_use(
    stack: str,
) -> None:
    topic = recorded(stack).only("aws:sns/topic:Topic")
    assert topic.inputs["kmsMasterKeyId"] == "alias/aws/sns"


@pytest.mark.parametrize("stack", ["async", "serverless"])
def test_every_queue_keeps_messages_for_a_fortnight_encrypted(stack: str) -> None:
    for queue in recorded(stack).of_type(QUEUE):
        assert queue.inputs["messageRetentionSeconds"] == 14 * 86400
        assert queue.inputs["sqsManagedSseEnabled"] is True
        assert queue.inputs["receiveWaitTimeSeconds"] == 20


def test_the_queue_hides_messages_and_gives_them_up_as_configured() -> None:
    stack = record_stack("async", {"visibilityTimeoutSeconds": "240", "maxReceiveCount": "5"})
    queue = stack.named(QUEUE, "order-processing-queue").inputs
    assert queue["visibilityTimeoutSeconds"] == 240
    assert json.loads(queue["redrivePolicy"]) == {
        "deadLetterTargetArn": f"{QUEUE_ARN}order-processing-dlq",
        "maxReceiveCount": 5,
    }


def test_only_the_queue_may_use_its_dead_letter_queue(async_stack: RecordedStack) -> None:
    policy = async_stack.only("aws:sqs/redriveAllowPolicy:RedriveAllowPolicy").inputs
    assert policy["queueUrl"].endswith("/order-processing-dlq")
    assert json.loads(policy["redriveAllowPolicy"]) == {
        "redrivePermission": "byQueue",
        "sourceQueueArns": [f"{QUEUE_ARN}order-processing-queue"],
    }


@pytest.mark.parametrize(
    ("stack", "queues"),
    [
        ("async", {"order-processing-queue", "order-processing-undeliverable"}),
        ("serverless", {"order-events-undeliverable"}),
    ],
)
def test_the_topic_and_nobody_else_may_send_to_the_queues_it_feeds(
    stack: str, queues: set[str]
) -> None:
    policies = recorded(stack).of_type(QUEUE_POLICY)
    assert {each.inputs["queueUrl"].rpartition("/")[2] for each in policies} == queues
    for each in policies:
        (statement,) = json.loads(each.inputs["policy"])["Statement"]
        assert statement == {
            "Sid": "TopicSends",
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": ["sqs:SendMessage"],
            "Resource": [QUEUE_ARN + each.inputs["queueUrl"].rpartition("/")[2]],
            "Condition": {"ArnEquals": {"aws:SourceArn": TOPIC_ARN}},
        }


def test_the_queue_hears_the_topic_in_its_own_words(async_stack: RecordedStack) -> None:
    subscription = async_stack.only(SUBSCRIPTION).inputs
    assert subscription["topic"] == TOPIC_ARN
    assert subscription["endpoint"] == f"{QUEUE_ARN}order-processing-queue"
    assert subscription["rawMessageDelivery"] is True


@pytest.mark.parametrize(
    ("stack", "queue"),
    [("async", "order-processing-undeliverable"), ("serverless", "order-events-undeliverable")],
)
def test_what_the_topic_cannot_deliver_is_kept(stack: str, queue: str) -> None:
    subscription = recorded(stack).only(SUBSCRIPTION)
    assert json.loads(subscription.inputs["redrivePolicy"]) == {
        "deadLetterTargetArn": f"{QUEUE_ARN}{queue}"
    }
