"""The topic of settled orders, and the function that tells customers of them."""

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra import permissions
from infra.environment import notify_environment
from infra.foundation import Foundation
from infra.function import Function, FunctionArgs, FunctionCode
from infra.messaging import TOPIC_KEY, create_queue
from infra.subscriber_function import FunctionSubscription, FunctionSubscriptionArgs

# What the customer is told of; other subscribers choose by the same attribute.
TOLD = {"status": ["COMPLETED", "FAILED"]}


@dataclass(frozen=True, kw_only=True)
class NotificationsArgs:
    """What the function is made of."""

    foundation: Foundation
    code: FunctionCode


class Notifications(pulumi.ComponentResource):
    """The topic, and its first subscriber."""

    topic_arn: pulumi.Output[str]
    failure_queue: aws.sqs.Queue

    def __init__(
        self, name: str, args: NotificationsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("flashsale:messaging:Notifications", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        settings = args.foundation.settings
        topic = aws.sns.Topic(f"{name}-topic", kms_master_key_id=TOPIC_KEY, opts=child)
        self.topic_arn = topic.arn
        self.failure_queue = create_queue(f"{name}-failures", opts=child)
        notify = Function(
            f"{name}-notify",
            FunctionArgs(
                settings=settings,
                code=args.code,
                module="notify",
                environment=notify_environment(settings),
                statements=[permissions.reporting_failures(self.failure_queue.arn)],
            ),
            opts=child,
        )
        FunctionSubscription(
            f"{name}-notify",
            FunctionSubscriptionArgs(
                topic_arn=topic.arn,
                function=notify,
                failure_queue=self.failure_queue,
                filter_policy=json.dumps(TOLD),
            ),
            opts=child,
        )
        self.register_outputs({"topic_arn": self.topic_arn})
