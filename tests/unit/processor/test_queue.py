"""The processor's own queue; that it behaves as every queue does is tested on both clouds."""

from __future__ import annotations

import asyncio
import json

import pytest

from adapters.aws.fast.errors import NoAnswer
from adapters.aws.fast.responses import Response
from adapters.aws.fast.sqs import open_sqs
from processor.queue import OrdersQueue
from sqs_consumer import Consumer, ConsumerSettings, QueueError
from tests.support.virtual_clock import virtual_time
from tests.unit.adapters.fast.scripted import Scripted, client, ok, refusal

QUEUE_URL = "http://127.0.0.1/queue"
TEXT = {"DataType": "String", "StringValue": "t"}
RAW = {"DataType": "Binary", "BinaryValue": "AP8="}
RECEIVED = {
    "MessageId": "m-1",
    "ReceiptHandle": "r-1",
    "Body": "b",
    "Attributes": {"ApproximateReceiveCount": "3", "SentTimestamp": "1500"},
    "MessageAttributes": {"raw": RAW, "text": TEXT},
}
LOST = NoAnswer("the connection was lost", sent=True)


def queue(aws: Scripted) -> OrdersQueue:
    url = QUEUE_URL
    return OrdersQueue(open_sqs(client(aws)), queue_url=url, dead_letter_queue_url=url + "-dead")


@virtual_time
async def test_a_message_is_received_with_its_history_and_dead_lettered_as_it_was() -> None:
    aws = Scripted([ok({"Messages": [RECEIVED]}), ok({"MessageId": "m-2"})])
    (message,) = await queue(aws).receive(10, wait_seconds=20, visibility_timeout_seconds=60)
    assert (message.body, message.receive_count, message.sent_at) == ("b", 3, 1.5)
    await queue(aws).dead_letter(message, "no good")
    request, sent = (each.document for each in aws.sent)
    assert (request["MaxNumberOfMessages"], request["VisibilityTimeout"]) == (10, 60)
    assert sent["QueueUrl"] == QUEUE_URL + "-dead"
    added = sent["MessageAttributes"]
    assert {name: added[name] for name in ("raw", "text")} == RECEIVED["MessageAttributes"]
    assert added["reason"]["StringValue"] == "no good"
    assert added["receiveCount"]["StringValue"] == "3"


@pytest.mark.parametrize(
    ("failure", "code"),
    [(LOST, "NoAnswer"), (refusal("RequestThrottled"), "RequestThrottled")],
)
@virtual_time
async def test_a_receive_that_fails_is_its_callers_to_repeat(
    failure: Response | NoAnswer, code: str
) -> None:
    aws = Scripted([failure])
    with pytest.raises(QueueError) as caught:
        await queue(aws).receive(10, wait_seconds=20, visibility_timeout_seconds=60)
    assert caught.value.code == code
    assert len(aws.sent) == 1


@virtual_time
async def test_a_refusal_knows_its_request() -> None:
    aws = Scripted([refusal("AccessDenied", 403, x_amzn_requestid="r-7")])
    with pytest.raises(QueueError, match="AccessDenied") as caught:
        await queue(aws).check()
    assert caught.value.request_id == "r-7"


@virtual_time
async def test_each_entry_of_a_batch_is_told_by_itself_and_knows_its_request() -> None:
    gone = {"Id": "1", "Code": "ReceiptHandleIsInvalid", "SenderFault": True}
    failed = {"Id": "2", "Code": "InternalError", "SenderFault": False, "Message": "sorry"}
    batch = {"Successful": [{"Id": "0"}], "Failed": [failed, gone]}
    aws = Scripted([ok(batch, x_amzn_requestid="r-1")] * 2)
    for results in (
        await queue(aws).delete(["a", "b", "c", "d"]),
        await queue(aws).change_visibility([("a", 0), ("b", 1), ("c", 2), ("d", 3)]),
    ):
        first, second, third, fourth = results
        assert first is None
        assert second is not None
        assert second.gone
        assert third is not None
        assert (third.code, third.gone, third.request_id) == ("InternalError", False, "r-1")
        assert fourth is not None
        assert fourth.code == "Unconfirmed"
    entries = json.loads(aws.sent[1].body)["Entries"]
    assert [each["VisibilityTimeout"] for each in entries] == [0, 1, 2, 3]


class Slow(Scripted):
    """Answers a receive after twenty seconds."""

    async def send(self, request: bytes, first_byte_seconds: float, seconds: float) -> Response:
        if b"ReceiveMessage" in request:
            await asyncio.sleep(20)
        return await super().send(request, first_byte_seconds, seconds)


@virtual_time
async def test_a_long_poll_that_breaks_while_the_consumer_stops_is_not_begun_again() -> None:
    """A second one would hold the stop up until the drain is over, and take messages with it."""
    aws = Slow([ok({"Attributes": {}}), LOST])

    async def handle(_message: object) -> None:
        raise AssertionError("there is no message")

    settings = ConsumerSettings(
        concurrency=1,
        visibility_timeout_seconds=60,
        visibility_extension_interval_seconds=20,
        drain_seconds=30,
    )
    consumer = Consumer(queue(aws), handle, settings)
    running = asyncio.create_task(consumer.run())
    await consumer.until_answered()
    await asyncio.sleep(1)
    consumer.stop()
    stopped = await running
    assert stopped.cut_short == 0
    operations = [each.headers["x-amz-target"].rpartition(".")[2] for each in aws.sent]
    assert operations == ["GetQueueAttributes", "ReceiveMessage"]
