"""What stands on the AWS side of the receiver: the emulator, or the stand-in."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3

from benchmarks.processes import running
from engine.emulator.server import Emulator, free_port
from tests.support.subscriptions import subscribe

REGION = "us-west-2"
Environment = Mapping[str, str]
AwsSide = Callable[[], Environment]
"""Makes fresh tables and a fresh topic, and returns the variables that point to them."""

_runs = itertools.count()


@contextmanager
def emulator_side(run_dir: Path) -> Iterator[AwsSide]:
    """Run the emulator."""
    with Emulator(run_dir, region=REGION) as emulator:
        emulator.start()
        account = {
            "AWS_ENDPOINT_URL": emulator.endpoint_url,
            "AWS_ACCESS_KEY_ID": emulator.operator.access_key,
            "AWS_SECRET_ACCESS_KEY": emulator.operator.secret_key,
        }
        yield lambda: _resources(account, f"run{next(_runs)}")


@contextmanager
def stand_in_side() -> Iterator[AwsSide]:
    """Run the stand-in."""
    port = free_port()
    environment = {"PATH": os.environ.get("PATH", os.defpath)}
    with running("benchmarks.stand_in", [str(port)], environment, (port, "/")):
        yield lambda: {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "SNS_TOPIC_ARN": f"arn:aws:sns:{REGION}:123456789012:orders",
            **_tables("stand-in"),
        }


def _tables(run: str) -> dict[str, str]:
    return {f"{kind.upper()}_TABLE": f"{run}-{kind}" for kind in ("orders", "payments", "products")}


def _resources(account: Environment, run: str) -> Environment:
    client = operator_of(account)
    tables = _tables(run)
    _create_tables(client("dynamodb"), tables)
    return {
        "SNS_TOPIC_ARN": _create_topic(client("sns"), client("sqs"), run),
        **account,
        **tables,
    }


def operator_of(side: Environment) -> Callable[[str], Any]:
    """Return what makes an operator's client of a service there."""
    session = boto3.Session(
        aws_access_key_id=side["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=side["AWS_SECRET_ACCESS_KEY"],
        region_name=REGION,
    )
    return lambda service: session.client(service, endpoint_url=side["AWS_ENDPOINT_URL"])  # type: ignore[call-overload]


def _create_tables(dynamodb: Any, tables: Mapping[str, str]) -> None:
    keys = {"ORDERS_TABLE": "orderId", "PAYMENTS_TABLE": "idempotencyKey"}
    for variable, name in tables.items():
        key = keys.get(variable, "productId")
        ranged = [("statusShard", "HASH"), ("createdAt", "RANGE")] if key == "orderId" else []
        index = {
            "IndexName": "status-index",
            "KeySchema": [{"AttributeName": each, "KeyType": kind} for each, kind in ranged],
            "Projection": {"ProjectionType": "ALL"},
        }
        attributes = [key, *(each for each, _ in ranged)]
        dynamodb.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
            AttributeDefinitions=[
                {"AttributeName": each, "AttributeType": "S"} for each in attributes
            ],
            **({"GlobalSecondaryIndexes": [index]} if ranged else {}),
        )
    lamp = {"productId": {"S": "SKU-001"}, "name": {"S": "Lamp"}}
    priced = {**lamp, "priceCents": {"N": "1999"}, "stock": {"N": "1000000"}}
    dynamodb.put_item(TableName=tables["PRODUCTS_TABLE"], Item=priced)


def _create_topic(sns: Any, sqs: Any, run: str) -> str:
    """Make a topic with a queue behind it, as in the async topology."""
    topic_arn: str = sns.create_topic(Name=f"{run}-orders")["TopicArn"]
    queue_url = sqs.create_queue(QueueName=f"{run}-orders")["QueueUrl"]
    subscribe(queue_url, topic_arn, sqs=sqs, sns=sns)
    return topic_arn
