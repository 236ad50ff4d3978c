"""The receiver with fewer batches than ours has, to measure what they bring.

`python -m benchmarks.naive VARIANT` starts the real receiver; only its backend differs.
"""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

import uvloop
from botocore.exceptions import ClientError

from adapters.aws.boto import BotoReads, open_boto_client
from adapters.aws.calls import counted_calls
from adapters.aws.clients import open_fast_client
from adapters.aws.fast.dynamodb import open_dynamodb
from adapters.aws.fast.sns import open_sns
from adapters.orders.catalogue_cache import open_catalogue
from adapters.orders.pages import OrderPages
from adapters.orders.publisher import BatchedOrderPublisher
from adapters.orders.schema import INSERTED_ATTRIBUTES, StatusShards, inserted_values
from adapters.orders.store import DynamoOrderStore
from adapters.payments.ledger import DynamoLedger
from adapters.payments.simulated_provider import SimulatedPaymentProvider
from kit.logging import configure_logging
from orders.message import encode_order_placed
from orders.model import Order
from receiver.backend import Backend, BackendOpener, open_aws_backend
from receiver.server import bind, serve
from receiver.settings import Settings, settings_from

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient
    from types_aiobotocore_sns import SNSClient

ONE_CALL = "one_call"
PUBLISH_BATCHED = "publish_batched"
OURS = "ours"


class SingleInserter:
    """Stores each order with a call of its own."""

    def __init__(self, dynamodb: DynamoDBClient, table: str, shards: StatusShards) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._shards = shards

    async def insert(self, order: Order) -> bool:
        """Store a new order; False when its id is taken."""
        values = inserted_values(order, self._shards)
        try:
            await self._dynamodb.put_item(
                TableName=self._table,
                Item=dict(zip(INSERTED_ATTRIBUTES, values, strict=True)),
                ConditionExpression="attribute_not_exists(orderId)",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                return False
            raise
        return True


class SinglePublisher:
    """Announces each order with a call of its own."""

    def __init__(self, sns: SNSClient, topic_arn: str) -> None:
        self._sns = sns
        self._topic_arn = topic_arn

    async def publish(self, order_id: str) -> None:
        """Return once SNS has taken the announcement."""
        await self._sns.publish(TopicArn=self._topic_arn, Message=encode_order_placed(order_id))


def backend_opener(variant: str) -> BackendOpener:
    """Return what opens the backend of a variant."""
    if variant == OURS:
        return partial(open_aws_backend, variables=os.environ)

    @asynccontextmanager
    async def open_backend(settings: Settings) -> AsyncIterator[Backend]:
        async with AsyncExitStack() as stack:
            yield await _open(stack, settings, publish_batched=variant == PUBLISH_BATCHED)

    return open_backend


async def _open(stack: AsyncExitStack, settings: Settings, *, publish_batched: bool) -> Backend:
    region = settings.region
    calls = await stack.enter_async_context(counted_calls())
    client = await stack.enter_async_context(open_fast_client(region, os.environ, calls))
    dynamodb, sns = [
        await stack.enter_async_context(open_boto_client(service, region, calls, connections=64))
        for service in ("dynamodb", "sns")
    ]
    topic_arn = settings.sns_topic_arn or ""
    publisher: BatchedOrderPublisher | SinglePublisher = SinglePublisher(sns, topic_arn)
    if publish_batched:
        batched = BatchedOrderPublisher(open_sns(client), topic_arn)
        publisher = await stack.enter_async_context(aclosing(batched))
    catalogue = await stack.enter_async_context(
        open_catalogue(BotoReads(dynamodb), settings.products_table, refresh_seconds=5)
    )
    shards = StatusShards(settings.status_shards)
    fast = open_dynamodb(client)
    return Backend(
        catalogue=catalogue,
        inserter=SingleInserter(dynamodb, settings.orders_table, shards),
        store=DynamoOrderStore(fast, settings.tables),
        payments=SimulatedPaymentProvider(
            DynamoLedger(fast, settings.payments_table), payment_seconds=0
        ),
        lister=OrderPages(BotoReads(dynamodb), settings.orders_table, shards),
        publisher=publisher,
    )


def main(variant: str) -> None:
    """Serve until a stop signal."""
    settings = settings_from(os.environ)
    configure_logging("receiver", settings.log_level)
    with bind(settings.port) as listener:
        uvloop.run(serve(settings, listener, backend_opener(variant)))


if __name__ == "__main__":
    main(sys.argv[1])
