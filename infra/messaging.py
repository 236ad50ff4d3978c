"""The topic of accepted orders and the queues behind it."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.iam import Statement, policy_document

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


@dataclass(frozen=True)
class RedrivenQueue:
    """A queue, and where messages go that were received too often."""

    queue: aws.sqs.Queue
    dead_letter_queue: aws.sqs.Queue


def create_redriven_queue(
    name: str,
    *,
    visibility_timeout_seconds: int,
    max_receive_count: int,
    opts: pulumi.ResourceOptions,
) -> RedrivenQueue:
    """Create a queue and its dead-letter queue, which takes messages from no other."""
    dead_letters = create_queue(f"{name}-dlq", opts=opts)
    queue = create_queue(
        f"{name}-queue",
        visibility_timeout_seconds=visibility_timeout_seconds,
        redrive_policy=pulumi.Output.json_dumps(
            {"deadLetterTargetArn": dead_letters.arn, "maxReceiveCount": max_receive_count}
        ),
        opts=opts,
    )
    # A resource of its own: inside the queue's definition the two queues would need each other.
    aws.sqs.RedriveAllowPolicy(
        f"{name}-redrive-allow",
        queue_url=dead_letters.url,
        redrive_allow_policy=pulumi.Output.json_dumps(
            {"redrivePermission": "byQueue", "sourceQueueArns": [queue.arn]}
        ),
        opts=opts,
    )
    return RedrivenQueue(queue, dead_letters)


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


@dataclass(frozen=True, kw_only=True)
class SubscriberQueueArgs:
    """Which topic the queue hears, and how it hands messages out."""

    topic_arn: pulumi.Input[str]
    visibility_timeout_seconds: int
    max_receive_count: int


class SubscriberQueue(pulumi.ComponentResource):
    """A queue subscribed to the topic, with a dead-letter queue on either side.

    One holds messages that were received too often, the other what SNS could not deliver.
    """

    queue: aws.sqs.Queue
    dead_letter_queue: aws.sqs.Queue

    def __init__(
        self, name: str, args: SubscriberQueueArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("flashsale:messaging:SubscriberQueue", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        redriven = create_redriven_queue(
            name,
            visibility_timeout_seconds=args.visibility_timeout_seconds,
            max_receive_count=args.max_receive_count,
            opts=self._child,
        )
        self.queue, self.dead_letter_queue = redriven.queue, redriven.dead_letter_queue
        self._subscribe()
        self.register_outputs(
            {"queue_url": self.queue.url, "dead_letter_queue_url": self.dead_letter_queue.url}
        )

    def _subscribe(self) -> None:
        undeliverable = create_queue(f"{self._name}-undeliverable", opts=self._child)
        admitted = [
            admit_topic(f"{self._name}-policy", self.queue, self._args.topic_arn, opts=self._child),
            admit_topic(
                f"{self._name}-undeliverable-policy",
                undeliverable,
                self._args.topic_arn,
                opts=self._child,
            ),
        ]
        aws.sns.TopicSubscription(
            f"{self._name}-subscription",
            topic=self._args.topic_arn,
            protocol="sqs",
            endpoint=self.queue.arn,
            raw_message_delivery=True,
            redrive_policy=redrive_to(undeliverable),
            # Subscribed first, SNS would be turned away until the queues know it.
            opts=pulumi.ResourceOptions(parent=self, depends_on=admitted),
        )
