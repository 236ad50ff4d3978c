"""The function that fulfils the orders of the queue, in batches."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra import permissions
from infra.environment import queue_function_environment
from infra.foundation import Foundation
from infra.function import Function, FunctionArgs, FunctionCode
from infra.messaging import OrderQueue

# What an event source mapping hands over without a batching window at most, as many as a receive:
# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
BATCH = 10


@dataclass(frozen=True, kw_only=True)
class OrderProcessingArgs:
    """What the function works on, what it is made of, and the queue that it works off."""

    foundation: Foundation
    code: FunctionCode
    orders: OrderQueue


class OrderProcessing(pulumi.ComponentResource):
    """The function, and the mapping by which Lambda polls the queue for it."""

    def __init__(
        self, name: str, args: OrderProcessingArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("flashsale:compute:OrderProcessing", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        settings, tables = args.foundation.settings, args.foundation.tables
        queue, dead_letters = args.orders.queue, args.orders.dead_letter_queue
        function = Function(
            f"{name}-orders",
            FunctionArgs(
                settings=settings,
                code=args.code,
                module="process_orders",
                environment=queue_function_environment(settings, tables, dead_letters.url),
                statements=[
                    *permissions.fulfilment_in_batches(tables),
                    *permissions.polled_by_lambda(queue.arn),
                    permissions.setting_aside(dead_letters.arn),
                ],
                timeout_seconds=settings.lambda_timeout_seconds,
                start_after=[tables],
            ),
            opts=child,
        )
        aws.lambda_.EventSourceMapping(
            f"{name}-mapping",
            event_source_arn=queue.arn,
            function_name=function.invoked_arn,
            batch_size=BATCH,
            function_response_types=["ReportBatchItemFailures"],
            scaling_config=aws.lambda_.EventSourceMappingScalingConfigArgs(
                maximum_concurrency=settings.max_concurrent_batches
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[function]),
        )
        self.register_outputs({"function": function.function_name})
