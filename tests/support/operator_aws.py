"""The fake AWS as an operator's synchronous clients see it, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from tests.support.fake_aws.cloud import FakeAws
from tests.support.fake_aws.queues import Mischief, Queue
from tests.support.fake_aws.refusals import only_these, refusal
from tests.support.fake_aws.sns import FakeSNS
from tests.support.fake_aws.sqs import FakeSQS, check_batch, failed_entry
from tests.support.fake_aws.wire import Wire
from tests.support.virtual_clock import VirtualClockLoop

MAX_BATCH_BYTES = 256 * 1024


class OperatorSqs(FakeSQS):
    """What an operator calls besides what the processor does."""

    async def receive_message(self, **request: Any) -> dict[str, Any]:
        """Receive, and say which queue SQS itself moved a message from."""
        answer = await super().receive_message(**request)
        if "DeadLetterQueueSourceArn" in request.get("MessageSystemAttributeNames", ()):
            queue = self._queue(request)
            for message in answer.get("Messages", []):
                held = queue.received_as(message["ReceiptHandle"])
                if held is not None and held.source_arn:
                    source = {"DeadLetterQueueSourceArn": held.source_arn}
                    message.setdefault("Attributes", {}).update(source)
        return answer

    async def send_message_batch(self, **request: Any) -> dict[str, Any]:
        """Send up to 10 messages of 256 KiB together, each with its own answer."""

        async def act() -> dict[str, Any]:
            only_these("SendMessageBatch", request, {"QueueUrl", "Entries"})
            queue, entries = self._queue(request), request["Entries"]
            check_batch(entries)
            if sum(len(entry["MessageBody"].encode()) for entry in entries) > MAX_BATCH_BYTES:
                raise refusal("BatchRequestTooLong", "The batch is longer than 262144 bytes")
            planned = self._wire.refused_entries("SendMessageBatch")
            response: dict[str, Any] = {"Successful": [], "Failed": []}
            for number, entry in enumerate(entries):
                if number in planned:
                    fault = planned[number] == "InvalidMessageContents"
                    failure = failed_entry(entry["Id"], planned[number], "as planned", fault)
                    response["Failed"].append(failure)
                else:
                    message_id = queue.send(entry["MessageBody"], entry["MessageAttributes"])
                    response["Successful"].append({"Id": entry["Id"], "MessageId": message_id})
            return response

        return await self._wire.carry("SendMessageBatch", act)


class Synchronous:
    """Runs each call of an asynchronous client to its end."""

    def __init__(self, client: object, loop: asyncio.AbstractEventLoop) -> None:
        self._client = client
        self._loop = loop

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._client, name)
        return lambda **request: self._loop.run_until_complete(method(**request))


class OperatorAws:
    """Queues and topics of a test, and the clients of processes that look after them."""

    def __init__(self, mischief: Mischief | None = None) -> None:
        self.loop = VirtualClockLoop()
        self._aws = FakeAws(self.loop.time, mischief=mischief)

    def close(self) -> None:
        """Close the loop."""
        self.loop.close()

    def queue(self, name: str, **options: Any) -> Queue:
        """Add a queue."""
        return self._aws.create_queue(name, **options)

    def topic(self, name: str, *queues: Queue) -> str:
        """Add a topic and return its ARN."""
        return self._aws.create_topic(name, *queues).arn

    def sqs(self, wire: Wire | None = None) -> Any:
        """Return one process's SQS client."""
        return Synchronous(OperatorSqs(self._aws.queues, wire or Wire()), self.loop)

    def sns(self, wire: Wire | None = None) -> Any:
        """Return one process's SNS client."""
        return Synchronous(FakeSNS(self._aws.topics, wire or Wire()), self.loop)

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.loop.run_until_complete(asyncio.sleep(seconds))


def text_attributes(**texts: str) -> Mapping[str, Any]:
    """Return message attributes of these texts."""
    return {name: {"DataType": "String", "StringValue": text} for name, text in texts.items()}
