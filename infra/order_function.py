"""The Lambda function that fulfils orders straight from the topic."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra import permissions
from infra.environment import fulfilling_function_environment
from infra.foundation import Foundation
from infra.function import Function, FunctionArgs, FunctionCode
from infra.messaging import create_queue
from infra.subscriber_function import FunctionSubscription, FunctionSubscriptionArgs


@dataclass(frozen=True, kw_only=True)
class OrderFunctionArgs:
    """What the function works on, what it is made of, and the topic that invokes it."""

    foundation: Foundation
    code: FunctionCode
    topic_arn: pulumi.Input[str]


class OrderFunction(pulumi.ComponentResource):
    """The function, subscribed to the topic; events that it gave up are in `failure_queue`."""

    failure_queue: aws.sqs.Queue

    def __init__(
        self, name: str, args: OrderFunctionArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("flashsale:compute:OrderFunction", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        settings, tables = args.foundation.settings, args.foundation.tables
        self.failure_queue = create_queue(f"{name}-failures", opts=child)
        function = Function(
            name,
            FunctionArgs(
                settings=settings,
                code=args.code,
                module="order_events",
                environment=fulfilling_function_environment(settings, tables),
                statements=[
                    *permissions.fulfilment(tables),
                    permissions.reporting_failures(self.failure_queue.arn),
                ],
                timeout_seconds=settings.lambda_timeout_seconds,
                start_after=[tables],
            ),
            opts=child,
        )
        FunctionSubscription(
            name,
            FunctionSubscriptionArgs(
                topic_arn=args.topic_arn, function=function, failure_queue=self.failure_queue
            ),
            opts=child,
        )
        self.register_outputs(
            {"function": function.function_name, "dlq_url": self.failure_queue.url}
        )
