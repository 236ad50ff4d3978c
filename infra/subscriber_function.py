"""A function that a topic invokes, and what becomes of events that it fails on."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.function import Function, admit_caller
from infra.messaging import admit_topic, create_queue, redrive_to

RETRIES = 2
OLDEST_EVENT_SECONDS = 6 * 3600


@dataclass(frozen=True, kw_only=True)
class FunctionSubscriptionArgs:
    """Which topic invokes which function, and where events go that the function gave up.

    Attributes:
        filter_policy: which messages it gets, by their attributes; None is all.
    """

    topic_arn: pulumi.Input[str]
    function: Function
    failure_queue: aws.sqs.Queue
    filter_policy: str | None = None


class FunctionSubscription(pulumi.ComponentResource):
    """The subscription, with a dead-letter queue on either side.

    One holds events that the function failed on, the other what SNS could not deliver.
    """

    def __init__(
        self,
        name: str,
        args: FunctionSubscriptionArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("flashsale:messaging:FunctionSubscription", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        subscription = self._subscribe(self._keep_failures())
        self.register_outputs({"subscription": subscription.arn})

    def _keep_failures(self) -> aws.lambda_.FunctionEventInvokeConfig:
        # A destination, not a dead_letter_config: its record also holds the error and the number
        # of tries, and the retries are set in the same place, see
        # https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
        function = self._args.function
        return aws.lambda_.FunctionEventInvokeConfig(
            f"{self._name}-retries",
            function_name=function.function_name,
            qualifier=function.qualifier,
            maximum_retry_attempts=RETRIES,
            maximum_event_age_in_seconds=OLDEST_EVENT_SECONDS,
            destination_config=aws.lambda_.FunctionEventInvokeConfigDestinationConfigArgs(
                on_failure=aws.lambda_.FunctionEventInvokeConfigDestinationConfigOnFailureArgs(
                    destination=self._args.failure_queue.arn
                )
            ),
            opts=self._child,
        )

    def _subscribe(
        self, retries: aws.lambda_.FunctionEventInvokeConfig
    ) -> aws.sns.TopicSubscription:
        args = self._args
        undeliverable = create_queue(f"{self._name}-undeliverable", opts=self._child)
        admitted = admit_topic(
            f"{self._name}-undeliverable-policy", undeliverable, args.topic_arn, opts=self._child
        )
        permission = admit_caller(
            f"{self._name}-permission",
            args.function,
            service="sns.amazonaws.com",
            source_arn=args.topic_arn,
            opts=self._child,
        )
        return aws.sns.TopicSubscription(
            f"{self._name}-subscription",
            topic=args.topic_arn,
            protocol="lambda",
            endpoint=args.function.invoked_arn,
            filter_policy=args.filter_policy,
            redrive_policy=redrive_to(undeliverable),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[admitted, permission, retries]),
        )
