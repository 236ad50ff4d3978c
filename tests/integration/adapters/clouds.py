"""One interface to the fake AWS and to the emulator, so that both answer the same assertions."""

from __future__ import annotations

import asyncio
import json
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from botocore.exceptions import ClientError

from adapters.aws.fast.dynamodb import DynamoDB
from adapters.aws.fast.sns import SNS
from adapters.aws.fast.sqs import SQS
from tests.support.emulator import RunningEmulator
from tests.support.fake_aws.cloud import FakeAws
from tests.support.fake_aws.tables import Index, Table
from tests.support.fake_shop import LISTED_ATTRIBUTES

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient
    from types_aiobotocore_sns import SNSClient
    from types_aiobotocore_sqs import SQSClient

INDEX = "status-index"


class Cloud(Protocol):
    """AWS as botocore shows it and as the services' fast client does, and an operator's work."""

    dynamodb: DynamoDBClient
    sns: SNSClient
    sqs: SQSClient
    fast_dynamodb: DynamoDB
    fast_sns: SNS
    fast_sqs: SQS

    def create_table(self, key: str) -> str:
        """Make a table and return its name; it has the orders' index by status, shard and time."""
        ...

    def create_queue(
        self, *, visibility_seconds: int = 30, max_receive_count: int | None = None
    ) -> tuple[str, str]:
        """Make a queue and one for its dead letters; return both URLs."""
        ...

    def create_topic(self, queue_url: str) -> str:
        """Make a topic that delivers raw to the queue; return its ARN."""
        ...

    async def pass_time(self, seconds: float) -> None:
        """Let time pass, as fast as this cloud can."""
        ...


def _name() -> str:
    return f"contract-{uuid.uuid4().hex[:12]}"


@dataclass
class FakeCloud:
    """The fake, with a clock that is moved by hand."""

    clock: float = 1_000_000.0

    def __post_init__(self) -> None:
        self._aws = FakeAws(lambda: self.clock)
        clients = self._aws.connect()
        self.dynamodb, self.fast_dynamodb = clients.boto_dynamodb, clients.dynamodb
        self.sns, self.fast_sns = clients.boto_sns, clients.sns
        self.sqs, self.fast_sqs = clients.boto_sqs, clients.sqs

    def create_table(self, key: str) -> str:
        """Make a table."""
        index = {INDEX: Index("statusShard", "createdAt", LISTED_ATTRIBUTES)}
        return self._aws.create_table(Table(_name(), key, index)).name

    def create_queue(
        self, *, visibility_seconds: int = 30, max_receive_count: int | None = None
    ) -> tuple[str, str]:
        """Make a queue and one for its dead letters."""
        dead_letters = self._aws.create_queue(_name())
        queue = self._aws.create_queue(
            _name(),
            visibility_seconds=visibility_seconds,
            max_receive_count=max_receive_count,
            dead_letters=dead_letters if max_receive_count else None,
        )
        return queue.url, dead_letters.url

    def create_topic(self, queue_url: str) -> str:
        """Make a topic that delivers to the queue."""
        queues = [queue for queue in self._aws.queues.values() if queue.url == queue_url]
        return self._aws.create_topic(_name(), *queues).arn

    async def pass_time(self, seconds: float) -> None:
        """Move the clock."""
        self.clock += seconds


@dataclass
class EmulatedCloud:
    """The emulator: real HTTP, real clients, real time."""

    emulator: RunningEmulator = field(repr=False)
    dynamodb: DynamoDBClient
    sns: SNSClient
    sqs: SQSClient
    fast_dynamodb: DynamoDB
    fast_sns: SNS
    fast_sqs: SQS

    def create_table(self, key: str) -> str:
        """Make a table."""
        name = _name()
        keys = {key: "HASH"}
        index = {"statusShard": "HASH", "createdAt": "RANGE"}
        self.emulator.client("dynamodb").create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[
                {"AttributeName": each, "AttributeType": "S"} for each in {**keys, **index}
            ],
            KeySchema=_key_schema(keys),
            GlobalSecondaryIndexes=[
                {
                    "IndexName": INDEX,
                    "KeySchema": _key_schema(index),
                    "Projection": {
                        "ProjectionType": "INCLUDE",
                        "NonKeyAttributes": sorted(LISTED_ATTRIBUTES),
                    },
                }
            ],
        )
        return name

    def create_queue(
        self, *, visibility_seconds: int = 30, max_receive_count: int | None = None
    ) -> tuple[str, str]:
        """Make a queue and one for its dead letters."""
        sqs = self.emulator.client("sqs")
        dead_letters_url = sqs.create_queue(QueueName=_name())["QueueUrl"]
        attributes = {"VisibilityTimeout": str(visibility_seconds)}
        if max_receive_count:
            arn = self._queue_arn(dead_letters_url)
            policy = {"deadLetterTargetArn": arn, "maxReceiveCount": max_receive_count}
            attributes["RedrivePolicy"] = json.dumps(policy)
        made = sqs.create_queue(QueueName=_name(), Attributes=attributes)
        return made["QueueUrl"], dead_letters_url

    def create_topic(self, queue_url: str) -> str:
        """Make a topic that may send to the queue, and does."""
        sns = self.emulator.client("sns")
        arn: str = sns.create_topic(Name=_name())["TopicArn"]
        queue_arn = self._queue_arn(queue_url)
        may_send = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": queue_arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": arn}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [may_send]})
        self.emulator.client("sqs").set_queue_attributes(
            QueueUrl=queue_url, Attributes={"Policy": policy}
        )
        sns.subscribe(
            TopicArn=arn,
            Protocol="sqs",
            Endpoint=queue_arn,
            Attributes={"RawMessageDelivery": "true"},
        )
        return arn

    async def pass_time(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)

    def _queue_arn(self, url: str) -> str:
        attributes = self.emulator.client("sqs").get_queue_attributes(
            QueueUrl=url, AttributeNames=["QueueArn"]
        )
        arn: str = attributes["Attributes"]["QueueArn"]
        return arn


def _key_schema(keys: dict[str, str]) -> list[dict[str, str]]:
    return [{"AttributeName": name, "KeyType": kind} for name, kind in keys.items()]


def error_code(error: ClientError) -> str:
    """Return AWS's code of the error, such as `ConditionalCheckFailedException`."""
    return error.response.get("Error", {}).get("Code", "")


def refused_item(error: ClientError) -> Any:
    """Return the item that a condition found, if any."""
    response: Any = error.response
    return response.get("Item")
