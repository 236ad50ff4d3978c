"""The outbox: the stream of the orders table, and the relay that passes on what is in it."""

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra import permissions
from infra.environment import Environment, relay_environment
from infra.foundation import Foundation
from infra.function import Function, FunctionArgs, FunctionCode
from infra.iam import Statement
from infra.messaging import create_queue

BATCH = 100
# A record that the relay dies of is tried so often, alone in the end, and holds up its shard that
# long; how fast AWS repeats, it does not say. See docs/adr/0014.
RETRIES = 20
OLDEST_RECORD_SECONDS = 3600
# Claims, leases and whatever else is written in between concern nobody, and cost no invocation:
# https://docs.aws.amazon.com/lambda/latest/dg/with-ddb-filtering.html
PASSED_ON = (
    {"eventName": ["INSERT"]},
    {
        "eventName": ["MODIFY"],
        "dynamodb": {"NewImage": {"status": {"S": ["COMPLETED", "FAILED"]}}},
    },
)


@dataclass(frozen=True, kw_only=True)
class OutboxArgs:
    """Whose stream is passed on, and where to.

    Attributes:
        work: the variables that say where new orders go.
        may_pass_on: the permission to send them there.
        start_after: what must be subscribed to the topic before the first notification.
    """

    foundation: Foundation
    code: FunctionCode
    work: Environment
    may_pass_on: Statement
    topic_arn: pulumi.Output[str]
    start_after: list[pulumi.Resource]


class Outbox(pulumi.ComponentResource):
    """The relay, its event source mapping, and the queue of records that it gave up."""

    failure_queue: aws.sqs.Queue

    def __init__(
        self, name: str, args: OutboxArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("flashsale:messaging:Outbox", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        settings, orders = args.foundation.settings, args.foundation.tables.orders
        self.failure_queue = create_queue(f"{name}-failures", opts=child)
        function = Function(
            f"{name}-relay",
            FunctionArgs(
                settings=settings,
                code=args.code,
                module="relay",
                environment=relay_environment(
                    settings,
                    work=args.work,
                    topic_arn=args.topic_arn,
                    unreadable_queue_url=self.failure_queue.url,
                ),
                statements=[
                    *permissions.streamed_to_lambda(orders.stream_arn),
                    args.may_pass_on,
                    permissions.notifying(args.topic_arn),
                    permissions.setting_aside(self.failure_queue.arn),
                ],
            ),
            opts=child,
        )
        aws.lambda_.EventSourceMapping(
            f"{name}-mapping",
            event_source_arn=orders.stream_arn,
            function_name=function.invoked_arn,
            # From the oldest: what is written while the mapping comes up would be missed otherwise.
            starting_position="TRIM_HORIZON",
            batch_size=BATCH,
            function_response_types=["ReportBatchItemFailures"],
            bisect_batch_on_function_error=True,
            maximum_retry_attempts=RETRIES,
            maximum_record_age_in_seconds=OLDEST_RECORD_SECONDS,
            filter_criteria=aws.lambda_.EventSourceMappingFilterCriteriaArgs(
                filters=[
                    aws.lambda_.EventSourceMappingFilterCriteriaFilterArgs(pattern=json.dumps(each))
                    for each in PASSED_ON
                ]
            ),
            destination_config=aws.lambda_.EventSourceMappingDestinationConfigArgs(
                on_failure=aws.lambda_.EventSourceMappingDestinationConfigOnFailureArgs(
                    destination_arn=self.failure_queue.arn
                )
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[function, *args.start_after]),
        )
        self.register_outputs({"function": function.function_name})
