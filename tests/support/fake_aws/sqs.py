"""The SQS client's methods that processor and functions call, over queues in memory."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.support.fake_aws.queues import Message, Queue
from tests.support.fake_aws.refusals import only_these, refusal
from tests.support.fake_aws.wire import Wire

MAX_BATCH = 10
MAX_WAIT_SECONDS = 20
MAX_VISIBILITY_SECONDS = 12 * 3600
MAX_ATTRIBUTES = 10
_RECEIVE = {
    "QueueUrl",
    "MaxNumberOfMessages",
    "WaitTimeSeconds",
    "VisibilityTimeout",
    "MessageSystemAttributeNames",
    "MessageAttributeNames",
}

Entry = Mapping[str, Any]


class FakeSQS:
    """One process's client.

    A long poll looks at its queue every `poll_seconds`, and when the next message becomes visible.
    """

    poll_seconds = 0.1

    def __init__(self, queues: Mapping[str, Queue], wire: Wire) -> None:
        self._queues = queues
        self._wire = wire

    async def receive_message(self, **request: Any) -> dict[str, Any]:
        """Wait up to `WaitTimeSeconds` for messages; none are an answer without `Messages`."""

        async def act() -> dict[str, Any]:
            only_these("ReceiveMessage", request, _RECEIVE)
            most = _within(request, "MaxNumberOfMessages", 1, MAX_BATCH, default=1)
            wait = _within(request, "WaitTimeSeconds", 0, MAX_WAIT_SECONDS, default=0)
            names = set(request.get("MessageSystemAttributeNames", ()))
            with_attributes = "All" in request.get("MessageAttributeNames", ())
            queue = self._queue(request)
            ends_at = queue.now() + wait
            while (left := ends_at - queue.now()) > 0 and not queue.visible():  # noqa: ASYNC110 - messages become visible by the clock
                await asyncio.sleep(min(left, self.poll_seconds, queue.seconds_until_visible()))
            received = queue.receive(most, request.get("VisibilityTimeout"))
            messages = [_described(each, names, with_attributes) for each in received]
            return {"Messages": messages} if messages else {}

        return await self._wire.carry("ReceiveMessage", act)

    async def delete_message_batch(self, **request: Any) -> dict[str, Any]:
        """Delete by receipt handle; a stale one succeeds and deletes nothing."""

        def delete(queue: Queue, entry: Entry) -> None:
            queue.delete(entry["ReceiptHandle"])

        return await self._batch("DeleteMessageBatch", request, delete)

    async def change_message_visibility_batch(self, **request: Any) -> dict[str, Any]:
        """Hide messages for longer or shorter, from now; only those in flight are.

        To a receipt that has expired SQS says yes, and does nothing. To go beyond twelve hours
        from the receive it says no.
        """

        def change(queue: Queue, entry: Entry) -> tuple[str, str] | None:
            seconds = _within(entry, "VisibilityTimeout", 0, MAX_VISIBILITY_SECONDS)
            message = queue.received_as(entry["ReceiptHandle"])
            if message is None and not queue.knows(entry["ReceiptHandle"]):
                return "InvalidParameterValue", "Message does not exist or is not available"
            if message is None or message.visible_at <= queue.now():
                return None
            if queue.now() + seconds > message.received_at + MAX_VISIBILITY_SECONDS:
                return "InvalidParameterValue", "Total VisibilityTimeout is beyond the limit"
            message.visible_at = queue.now() + seconds
            return None

        return await self._batch("ChangeMessageVisibilityBatch", request, change)

    async def send_message_batch(self, **request: Any) -> dict[str, Any]:
        """Send up to 10 messages, each with its own answer."""

        def send(queue: Queue, entry: Entry) -> None:
            queue.send(entry["MessageBody"])

        return await self._batch("SendMessageBatch", request, send)

    async def send_message(self, **request: Any) -> dict[str, Any]:
        """Send one message, with up to 10 attributes."""

        async def act() -> dict[str, Any]:
            only_these("SendMessage", request, {"QueueUrl", "MessageBody", "MessageAttributes"})
            attributes = request.get("MessageAttributes", {})
            _within({"MessageAttributes": len(attributes)}, "MessageAttributes", 0, MAX_ATTRIBUTES)
            return {"MessageId": self._queue(request).send(request["MessageBody"], attributes)}

        return await self._wire.carry("SendMessage", act)

    async def get_queue_attributes(self, **request: Any) -> dict[str, Any]:
        """Return the counts, the visibility timeout and the redrive policy, as text."""

        async def act() -> dict[str, Any]:
            only_these("GetQueueAttributes", request, {"QueueUrl", "AttributeNames"})
            everything = _attributes(self._queue(request))
            names = set(request["AttributeNames"])
            wanted = {k: v for k, v in everything.items() if k in names or "All" in names}
            return {"Attributes": wanted}

        return await self._wire.carry("GetQueueAttributes", act)

    def _queue(self, request: Mapping[str, Any]) -> Queue:
        for queue in self._queues.values():
            if queue.url == request["QueueUrl"]:
                return queue
        code = "AWS.SimpleQueueService.NonExistentQueue"
        raise refusal(code, "The specified queue does not exist.")

    async def _batch(
        self,
        operation: str,
        request: dict[str, Any],
        change: Callable[[Queue, Entry], tuple[str, str] | None],
    ) -> dict[str, Any]:
        async def act() -> dict[str, Any]:
            only_these(operation, request, {"QueueUrl", "Entries"})
            queue = self._queue(request)
            entries: Sequence[Entry] = request["Entries"]
            check_batch(entries)
            planned = self._wire.refused_entries(operation)
            response: dict[str, Any] = {"Successful": [], "Failed": []}
            for number, entry in enumerate(entries):
                problem = (planned[number], "as planned") if number in planned else None
                problem = problem or change(queue, entry)
                if problem is None:
                    response["Successful"].append({"Id": entry["Id"]})
                else:
                    sender_fault = number not in planned
                    response["Failed"].append(failed_entry(entry["Id"], *problem, sender_fault))
            return {members: entries for members, entries in response.items() if entries}

        return await self._wire.carry(operation, act)


def check_batch(entries: Sequence[Entry]) -> None:
    """Refuse what SQS and SNS refuse of a batch as a whole."""
    prefix = "AWS.SimpleQueueService"
    if not entries:
        raise refusal(f"{prefix}.EmptyBatchRequest", "There should be at least one entry")
    if len(entries) > MAX_BATCH:
        raise refusal(f"{prefix}.TooManyEntriesInBatchRequest", "A maximum of 10 are allowed")
    if len({entry["Id"] for entry in entries}) != len(entries):
        raise refusal(f"{prefix}.BatchEntryIdsNotDistinct", "Ids must be distinct")


def failed_entry(entry_id: str, code: str, message: str, sender_fault: bool) -> dict[str, Any]:  # noqa: FBT001 - AWS's members in AWS's order
    """Return an element of a batch answer's `Failed`."""
    return {"Id": entry_id, "Code": code, "Message": message, "SenderFault": sender_fault}


def _within(request: Entry, name: str, low: int, high: int, *, default: int = 0) -> int:
    value: int = request.get(name, default)
    if not low <= value <= high:
        raise refusal("InvalidParameterValue", f"{name} {value} must be from {low} to {high}")
    return value


def _described(message: Message, names: set[str], with_attributes: bool) -> dict[str, Any]:  # noqa: FBT001 - a private helper
    system = {
        "ApproximateReceiveCount": str(message.receive_count),
        "SentTimestamp": str(round(message.sent_at * 1000)),
        "ApproximateFirstReceiveTimestamp": str(round((message.first_received_at or 0) * 1000)),
    }
    wanted = {name: value for name, value in system.items() if names & {name, "All"}}
    described: dict[str, Any] = {
        "MessageId": message.message_id,
        "ReceiptHandle": message.handle,
        "MD5OfBody": hashlib.md5(message.body.encode(), usedforsecurity=False).hexdigest(),
        "Body": message.body,
    }
    if wanted:
        described["Attributes"] = wanted
    if with_attributes and message.attributes:
        described["MessageAttributes"] = dict(message.attributes)
    return described


def _attributes(queue: Queue) -> dict[str, str]:
    visible = len(queue.visible())
    attributes = {
        "ApproximateNumberOfMessages": str(visible),
        "ApproximateNumberOfMessagesNotVisible": str(len(queue.messages) - visible),
        "ApproximateNumberOfMessagesDelayed": "0",
        "VisibilityTimeout": f"{queue.visibility_seconds:g}",
        "QueueArn": queue.arn,
    }
    if queue.dead_letters is not None:
        policy = {
            "deadLetterTargetArn": queue.dead_letters.arn,
            "maxReceiveCount": queue.max_receive_count,
        }
        attributes["RedrivePolicy"] = json.dumps(policy)
    return attributes
