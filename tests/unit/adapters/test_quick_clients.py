"""The drop-in clients; that they answer as botocore's do is tested on the emulator as well."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from structlog.testing import capture_logs

from adapters.aws.quick_clients import quick_dynamodb, quick_sqs
from sqs_consumer import Consumer, ConsumerSettings, SqsQueue
from sqs_consumer.queue import request_id_of
from tests.support.tiny_aws import BROKEN, Pauses, TinyAws, clients_of, refused

QUEUE_URL = "http://127.0.0.1/queue"
RECEIVED = {
    "MessageId": "m-1",
    "ReceiptHandle": "r-1",
    "Body": "b",
    "MessageAttributes": {
        "raw": {"DataType": "Binary", "BinaryValue": base64.b64encode(b"\x00\xff").decode()},
        "text": {"DataType": "String", "StringValue": "t"},
    },
}


def dead_letter_queue(client: Any) -> SqsQueue:
    return SqsQueue(client, queue_url=QUEUE_URL, dead_letter_queue_url=QUEUE_URL + "-dead")


async def test_a_quick_answer_is_the_answer_with_its_request_id(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    aws = TinyAws([(200, '{"Attributes":{"a":{"N":"1"}}}')])
    async with clients_of(aws, monkeypatch) as opened:
        dynamodb = quick_dynamodb(await opened.dynamodb(), "update_item")
        answer = await dynamodb.update_item(TableName="t", Key={})
    assert answer["Attributes"] == {"a": {"N": "1"}}
    metadata = {"RequestId": "request-1", "HTTPStatusCode": 200}
    assert answer["ResponseMetadata"] == metadata
    (request,) = aws.received
    assert request.headers["X-Amz-Target"] == "DynamoDB_20120810.UpdateItem"
    assert request.json == {"TableName": "t", "Key": {}}


async def test_both_ways_of_a_transaction_are_one_to_dynamodb(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    aws = TinyAws([BROKEN, (200, "{}"), (200, "{}")])
    async with clients_of(aws, monkeypatch) as opened:
        dynamodb = quick_dynamodb(await opened.dynamodb(), "transact_write_items")
        for _ in range(2):
            await dynamodb.transact_write_items(TransactItems=[])
    quick, ordinary, next_one = (request.json["ClientRequestToken"] for request in aws.received)
    assert quick == ordinary
    assert quick != next_one


async def test_every_other_operation_is_the_clients_own(monkeypatch: pytest.MonkeyPatch) -> None:
    aws = TinyAws([(200, '{"Item":{"a":{"B":"AP8="}}}')])
    async with clients_of(aws, monkeypatch) as opened:
        dynamodb = quick_dynamodb(await opened.dynamodb(), "update_item")
        answer = await dynamodb.get_item(TableName="t", Key={})
    assert answer["Item"] == {"a": {"B": b"\x00\xff"}}


async def test_a_received_binary_attribute_is_bytes_and_reaches_the_dead_letters_as_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    aws = TinyAws([(200, json.dumps({"Messages": [RECEIVED]})), (200, '{"MessageId":"m-2"}')])
    async with clients_of(aws, monkeypatch) as opened:
        queue = dead_letter_queue(quick_sqs(await opened.sqs()))
        (message,) = await queue.receive(1, wait_seconds=0, visibility_timeout_seconds=30)
        assert message.attributes["raw"]["BinaryValue"] == b"\x00\xff"
        await queue.dead_letter(message, "no")
    sent = aws.received[1].json["MessageAttributes"]
    assert {name: sent[name] for name in ("raw", "text")} == RECEIVED["MessageAttributes"]


@pytest.mark.parametrize("failure", [BROKEN, refused("RequestThrottled"), (500, "{}")])
async def test_a_receive_that_fails_is_its_callers_to_repeat(
    monkeypatch: pytest.MonkeyPatch, failure: tuple[int, str]
) -> None:
    aws, pauses = TinyAws([failure]), Pauses()
    async with clients_of(aws, monkeypatch) as opened:
        sqs = quick_sqs(await opened.sqs(), sleep=pauses)
        with pytest.raises((ClientError, BotoCoreError)):
            await sqs.receive_message(QueueUrl=QUEUE_URL, WaitTimeSeconds=20)
    assert len(aws.received) == 1
    assert pauses == []


async def test_a_long_poll_that_breaks_while_the_consumer_stops_is_not_begun_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A second one would hold the stop up until the drain is over, and take messages with it."""
    aws = TinyAws([(200, '{"Attributes":{}}'), BROKEN])
    settings = ConsumerSettings(
        concurrency=1,
        visibility_timeout_seconds=60,
        visibility_extension_interval_seconds=20,
        drain_seconds=30,
    )

    async def handle(_message: object) -> None:
        raise AssertionError("there is no message")

    async with clients_of(aws, monkeypatch) as opened:
        consumer = Consumer(dead_letter_queue(quick_sqs(await opened.sqs())), handle, settings)
        running = asyncio.create_task(consumer.run())
        await consumer.until_answered()
        aws.open.clear()
        await aws.until_received(2)
        consumer.stop()
        aws.open.set()
        stopped = await running
    assert stopped.cut_short == 0
    assert [request.operation for request in aws.received] == [
        "GetQueueAttributes",
        "ReceiveMessage",
    ]


async def test_an_entry_that_sqs_refuses_knows_its_request(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = {"Id": "0", "Code": "InternalError", "SenderFault": False}
    aws = TinyAws([(200, json.dumps({"Failed": [entry]}))])
    async with clients_of(aws, monkeypatch) as opened:
        queue = dead_letter_queue(quick_sqs(await opened.sqs()))
        (failure,) = await queue.delete(["r-1"])
    assert failure is not None
    assert request_id_of(failure) == "request-1"


async def test_what_fails_is_counted_by_its_error_with_the_last_request_id(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    denied = refused("AccessDeniedException")
    aws = TinyAws([denied, denied, BROKEN, (200, "{}"), refused("ConditionalCheckFailedException")])
    async with clients_of(aws, monkeypatch) as opened:
        dynamodb = quick_dynamodb(await opened.dynamodb(), "update_item")
        for call in (dynamodb.update_item, dynamodb.get_item):
            with pytest.raises(ClientError):
                await call(TableName="t", Key={})
        await dynamodb.update_item(TableName="t", Key={})
        with pytest.raises(ClientError):
            await dynamodb.update_item(TableName="t", Key={})
        with capture_logs() as logs:
            opened.calls.log_and_reset()
            opened.calls.log_and_reset()
    (failures,) = (log["failures"] for log in logs if log["event"] == "aws_failures")
    update, get = "dynamodb:UpdateItem", "dynamodb:GetItem"
    refusal = {"error": "AccessDeniedException", "count": 1}
    assert failures == [
        {"call": update, **refusal, "request_id": "request-1"},
        {"call": get, **refusal, "request_id": "request-2"},
        {"call": update, "error": "ConnectionClosedError, the quick way", "count": 1},
    ]
