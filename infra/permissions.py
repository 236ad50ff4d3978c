"""What each service may do, one statement a concern, in AWS's own action names."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from infra.iam import Statement, allow
from infra.tables import Tables


def fulfilment(tables: Tables) -> list[Statement]:
    """Claim, charge, complete, refund: what every service that fulfils orders needs.

    A TransactWriteItems of Updates is authorised as UpdateItem on each table, see
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
    """
    return [
        allow("ClaimAndSettleOrders", "dynamodb:UpdateItem", on=tables.orders.arn),
        allow("ChargePayments", "dynamodb:PutItem", on=tables.payments.arn),
        allow("RefundPayments", "dynamodb:UpdateItem", on=tables.payments.arn),
        allow("TakeStock", "dynamodb:UpdateItem", on=tables.products.arn),
    ]


def fulfilment_in_batches(tables: Tables) -> list[Statement]:
    """Fulfil many orders a call: the usual case in batches of PartiQL, the others one by one."""
    return [
        allow("ClaimOrdersInBatches", "dynamodb:PartiQLUpdate", on=tables.orders.arn),
        allow("ChargePaymentsInBatches", "dynamodb:PartiQLInsert", on=tables.payments.arn),
        *fulfilment(tables),
    ]


def ordering(tables: Tables) -> list[Statement]:
    """Take in orders, list them, and know the catalogue: what the receiver needs."""
    return [
        allow("InsertOrders", "dynamodb:PartiQLInsert", on=tables.orders.arn),
        allow("ReadOrders", "dynamodb:GetItem", on=tables.orders.arn),
        allow("ListOrdersByStatus", "dynamodb:Query", on=tables.status_index_arn),
        allow("ReadCatalogue", "dynamodb:Scan", on=tables.products.arn),
    ]


def creating_orders(tables: Tables) -> list[Statement]:
    """Store new orders one by one, at the catalogue's prices, and recognise repeats."""
    return [
        allow("InsertOrders", "dynamodb:PutItem", on=tables.orders.arn),
        allow("RecogniseRepeats", "dynamodb:GetItem", on=tables.orders.arn),
        allow("ReadCatalogue", "dynamodb:Scan", on=tables.products.arn),
    ]


def reading_orders(tables: Tables) -> list[Statement]:
    """Look at orders and at the catalogue."""
    return [
        allow("ReadOrders", "dynamodb:GetItem", on=tables.orders.arn),
        allow("ListOrdersByStatus", "dynamodb:Query", on=tables.status_index_arn),
        allow("ReadCatalogue", "dynamodb:Scan", on=tables.products.arn),
    ]


def publishing(topic_arn: pulumi.Input[str]) -> Statement:
    """Announce accepted orders; PublishBatch is authorised as Publish."""
    return allow("PublishOrders", "sns:Publish", on=topic_arn)


def consuming(
    queue_arn: pulumi.Input[str], dead_letter_queue_arn: pulumi.Input[str]
) -> list[Statement]:
    """Work a queue off: what the processor needs."""
    return [
        allow("ReceiveMessages", "sqs:ReceiveMessage", on=queue_arn),
        allow("DeleteMessages", "sqs:DeleteMessage", on=queue_arn),
        allow("ExtendMessages", "sqs:ChangeMessageVisibility", on=queue_arn),
        allow("ReadQueueAttributes", "sqs:GetQueueAttributes", on=queue_arn),
        setting_aside(dead_letter_queue_arn),
    ]


def notifying(topic_arn: pulumi.Input[str]) -> Statement:
    """Publish what became of orders; PublishBatch is authorised as Publish."""
    return allow("PublishNotifications", "sns:Publish", on=topic_arn)


def queueing(queue_arn: pulumi.Input[str]) -> Statement:
    """Queue stored orders; SendMessageBatch is authorised as SendMessage."""
    return allow("QueueOrders", "sqs:SendMessage", on=queue_arn)


def polled_by_lambda(queue_arn: pulumi.Input[str]) -> list[Statement]:
    """Let Lambda work a queue off in the function's name.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html#events-sqs-permissions
    """
    return [
        allow("ReceiveMessages", "sqs:ReceiveMessage", on=queue_arn),
        allow("DeleteMessages", "sqs:DeleteMessage", on=queue_arn),
        allow("ReadQueueAttributes", "sqs:GetQueueAttributes", on=queue_arn),
    ]


def streamed_to_lambda(stream_arn: pulumi.Input[str]) -> list[Statement]:
    """Let Lambda read a stream in the function's name.

    https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-eventsourcemapping.html
    """
    return [
        allow("DescribeStream", "dynamodb:DescribeStream", on=stream_arn),
        allow("ReadStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", on=stream_arn),
        # AWS lets no stream be named here, see
        # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
        allow("ListStreams", "dynamodb:ListStreams", on="*"),
    ]


def starting(state_machine_arn: pulumi.Input[str]) -> Statement:
    """Start the workflow of an order."""
    return allow("StartWorkflows", "states:StartExecution", on=state_machine_arn)


def invoking(function_arns: Sequence[pulumi.Input[str]]) -> Statement:
    """Invoke the tasks of a workflow."""
    return Statement(
        sid="InvokeTasks", actions=("lambda:InvokeFunction",), resources=tuple(function_arns)
    )


def delivering_logs_and_traces() -> list[Statement]:
    """Let Step Functions deliver what happens in executions; AWS lets no resource be named here.

    https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html#cloudwatch-iam-policy
    https://docs.aws.amazon.com/step-functions/latest/dg/concepts-xray-tracing.html
    """
    return [
        allow(
            "DeliverLogs",
            "logs:CreateLogDelivery",
            "logs:GetLogDelivery",
            "logs:UpdateLogDelivery",
            "logs:DeleteLogDelivery",
            "logs:ListLogDeliveries",
            "logs:PutResourcePolicy",
            "logs:DescribeResourcePolicies",
            "logs:DescribeLogGroups",
            on="*",
        ),
        allow(
            "SendTraces",
            "xray:PutTraceSegments",
            "xray:PutTelemetryRecords",
            "xray:GetSamplingRules",
            "xray:GetSamplingTargets",
            on="*",
        ),
    ]


def setting_aside(dead_letter_queue_arn: pulumi.Input[str]) -> Statement:
    """Move what no try can help out of the way; of a stream Lambda does it in the same name."""
    return allow("SetAsideUnreadable", "sqs:SendMessage", on=dead_letter_queue_arn)


def reporting_failures(dead_letter_queue_arn: pulumi.Input[str]) -> Statement:
    """Keep events that a function gave up; Lambda sends them in the function's name."""
    return allow("KeepFailedEvents", "sqs:SendMessage", on=dead_letter_queue_arn)


def writing_logs(log_group: aws.cloudwatch.LogGroup) -> Statement:
    """Write into the streams of one log group: AWS makes up their names at run time."""
    return allow(
        "WriteLogs",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        on=pulumi.Output.concat(log_group.arn, ":*"),
    )


def pulling_images(repository_arn: pulumi.Input[str]) -> list[Statement]:
    """Pull a task's image."""
    return [
        # AWS lets no resource be named here: the token is the registry's, not a repository's, see
        # https://docs.aws.amazon.com/AmazonECR/latest/userguide/security_iam_service-with-iam.html
        allow("LogInToRegistry", "ecr:GetAuthorizationToken", on="*"),
        allow(
            "PullImage",
            "ecr:BatchCheckLayerAvailability",
            "ecr:BatchGetImage",
            "ecr:GetDownloadUrlForLayer",
            on=repository_arn,
        ),
    ]
