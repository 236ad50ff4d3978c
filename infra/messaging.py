"""The topic of accepted orders and the queues behind it."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.iam import Statement, policy_document
from infra.settings import Settings

RETENTION_SECONDS = 14 * 24 * 3600
LONG_POLL_SECONDS = 20
# AWS's own key: no monthly price, and its policy lets whoever may publish in this account use it.
# It cannot be changed: an AWS service that is to publish here (an alarm) needs a key of ours, see
# https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
TOPIC_KEY = "alias/aws/sns"


def create_queue(
    name: str,
    *,
    opts: pulumi.ResourceOptions,
    visibility_timeout_seconds: int | None = None,
    redrive_policy: pulumi.Input[str] | None = None,
) -> aws.sqs.Queue:
    """Create a queue that keeps messages as long as SQS can, encrypted, and is polled long."""
    return aws.sqs.Queue(
        name,
        message_retention_seconds=RETENTION_SECONDS,
        receive_wait_time_seconds=LONG_POLL_SECONDS,
        sqs_managed_sse_enabled=True,
        visibility_timeout_seconds=visibility_timeout_seconds,
        redrive_policy=redrive_policy,
        opts=opts,
    )


def admit_topic(
    name: str, queue: aws.sqs.Queue, topic_arn: pulumi.Input[str], *, opts: pulumi.ResourceOptions
) -> aws.sqs.QueuePolicy:
    """Let the topic, and nobody else of SNS, send to the queue."""
    statement = Statement(
        sid="TopicSends",
        service="sns.amazonaws.com",
        actions=["sqs:SendMessage"],
        resources=[queue.arn],
        source_arn=topic_arn,
    )
    return aws.sqs.QueuePolicy(
        name, queue_url=queue.url, policy=policy_document([statement]), opts=opts
    )


def redrive_to(queue: aws.sqs.Queue) -> pulumi.Output[str]:
    """Return the redrive policy of a subscription whose undeliverable messages go to `queue`."""
    return pulumi.Output.json_dumps({"deadLetterTargetArn": queue.arn})


class OrderTopic(pulumi.ComponentResource):
    """The topic that every accepted order is announced on."""

    arn: pulumi.Output[str]

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("flashsale:messaging:OrderTopic", name, None, opts)
        topic = aws.sns.Topic(
            f"{name}-events",
            kms_master_key_id=TOPIC_KEY,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.arn = topic.arn
        self.register_outputs({"arn": self.arn})


class OrderQueue(pulumi.ComponentResource):
    """The queue of orders to be fulfilled, and where those go that were received too often.

    The same resources in each topology that has one: what waits stays when the stack is switched.
    """

    queue: aws.sqs.Queue
    dead_letter_queue: aws.sqs.Queue

    def __init__(
        self, name: str, settings: Settings, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("flashsale:messaging:OrderQueue", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.dead_letter_queue = create_queue(f"{name}-dlq", opts=child)
        self.queue = create_queue(
            f"{name}-queue",
            visibility_timeout_seconds=settings.visibility_timeout_seconds,
            redrive_policy=pulumi.Output.json_dumps(
                {
                    "deadLetterTargetArn": self.dead_letter_queue.arn,
                    "maxReceiveCount": settings.max_receive_count,
                }
            ),
            opts=child,
        )
        # A resource of its own: inside the queue's definition the two queues would need each other.
        aws.sqs.RedriveAllowPolicy(
            f"{name}-redrive-allow",
            queue_url=self.dead_letter_queue.url,
            redrive_allow_policy=pulumi.Output.json_dumps(
                {"redrivePermission": "byQueue", "sourceQueueArns": [self.queue.arn]}
            ),
            opts=child,
        )
        self.register_outputs(
            {"queue_url": self.queue.url, "dead_letter_queue_url": self.dead_letter_queue.url}
        )

    @property
    def outputs(self) -> Mapping[str, pulumi.Output[str]]:
        """Both queues, for the outputs of the stack."""
        return {"queue_url": self.queue.url, "dlq_url": self.dead_letter_queue.url}


@dataclass(frozen=True, kw_only=True)
class QueueSubscriptionArgs:
    """Which topic's messages go to which queue."""

    topic_arn: pulumi.Input[str]
    queue: aws.sqs.Queue


class QueueSubscription(pulumi.ComponentResource):
    """The subscription; what SNS could not deliver is kept in a queue of its own."""

    def __init__(
        self, name: str, args: QueueSubscriptionArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("flashsale:messaging:QueueSubscription", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        topic_arn, queue = args.topic_arn, args.queue
        undeliverable = create_queue(f"{name}-undeliverable", opts=child)
        admitted = [
            admit_topic(f"{name}-policy", queue, topic_arn, opts=child),
            admit_topic(f"{name}-undeliverable-policy", undeliverable, topic_arn, opts=child),
        ]
        subscription = aws.sns.TopicSubscription(
            f"{name}-subscription",
            topic=topic_arn,
            protocol="sqs",
            endpoint=queue.arn,
            raw_message_delivery=True,
            redrive_policy=redrive_to(undeliverable),
            # Subscribed first, SNS would be turned away until the queues know it.
            opts=pulumi.ResourceOptions(parent=self, depends_on=admitted),
        )
        self.register_outputs({"subscription": subscription.arn})
