"""What each service may do, one statement a concern, in AWS's own action names."""

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
        allow("SetAsideUnreadable", "sqs:SendMessage", on=dead_letter_queue_arn),
    ]


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
