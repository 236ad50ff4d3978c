"""SQS's operations, typed.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from adapters.aws.fast.client import FastClient
from adapters.aws.fast.json_protocol import JsonService, decoded, json_refusal
from adapters.aws.fast.retries import DEFAULT_POLICY, RetryPolicy
from adapters.aws.fast.service import FIRST_BYTE_SECONDS, request_id_of

MessageAttribute = dict[str, Any]
"""`{"DataType": ..., "StringValue": ...}`; a binary value is text in base64, as on the wire."""


class ReceivedMessage(msgspec.Struct, frozen=True, rename="pascal"):
    """A message and the handle of this receive."""

    message_id: str
    receipt_handle: str
    body: str
    attributes: dict[str, str] = {}
    message_attributes: dict[str, MessageAttribute] = {}


class EntryError(msgspec.Struct, frozen=True, rename="pascal"):
    """What went wrong with one entry of a batch."""

    id: str
    code: str
    sender_fault: bool
    message: str = ""


class _Done(msgspec.Struct, rename="pascal"):
    id: str


class BatchAnswer(msgspec.Struct, frozen=True, rename="pascal"):
    """Which entries of a batch were done, and what went wrong with the others; AWS's id of it."""

    successful: list[_Done] = []
    failed: list[EntryError] = []
    request_id: str = ""


class _Attributes(msgspec.Struct, rename="pascal"):
    attributes: dict[str, str] = {}


class _Received(msgspec.Struct, rename="pascal"):
    messages: list[ReceivedMessage] = []


_received = msgspec.json.Decoder(_Received)
_attributes = msgspec.json.Decoder(_Attributes)
_batch = msgspec.json.Decoder(BatchAnswer)
_nothing = msgspec.json.Decoder(dict[str, Any])


def open_sqs(client: FastClient, *, policy: RetryPolicy = DEFAULT_POLICY) -> SQS:
    """Open SQS; it closes with the client."""
    service = client.open("sqs", refusal=json_refusal, policy=policy)
    return SQS(JsonService(service, target="AmazonSQS", version="1.0", query_errors=True))


class SQS:
    """Every operation raises `Refused`, `NoAnswer` and `NoCredentials` as `JsonService.call`."""

    def __init__(self, service: JsonService) -> None:
        self._service = service

    async def receive_message(
        self,
        queue_url: str,
        *,
        most: int,
        wait_seconds: int,
        visibility_seconds: int,
        system_attributes: Sequence[str],
    ) -> list[ReceivedMessage]:
        """Return up to `most` messages, waiting for the first one as long as told.

        Tried once: a long poll takes up to 20 s, and whoever asked may want none any more.
        """
        request = {
            "QueueUrl": queue_url,
            "MaxNumberOfMessages": most,
            "WaitTimeSeconds": wait_seconds,
            "VisibilityTimeout": visibility_seconds,
            "MessageSystemAttributeNames": system_attributes,
            "MessageAttributeNames": ["All"],
        }
        response = await self._service.send(
            "ReceiveMessage",
            request,
            first_byte_seconds=wait_seconds + FIRST_BYTE_SECONDS,
            attempts=1,
        )
        return decoded("ReceiveMessage", response, _received).messages

    async def delete_message_batch(
        self, queue_url: str, entries: Sequence[Mapping[str, Any]]
    ) -> BatchAnswer:
        """Delete up to 10 messages."""
        return await self._batch("DeleteMessageBatch", queue_url, entries)

    async def change_message_visibility_batch(
        self, queue_url: str, entries: Sequence[Mapping[str, Any]]
    ) -> BatchAnswer:
        """Change when up to 10 messages are shown again."""
        return await self._batch("ChangeMessageVisibilityBatch", queue_url, entries)

    async def send_message(
        self, queue_url: str, body: str, attributes: Mapping[str, MessageAttribute]
    ) -> None:
        """Send one message."""
        request = {"QueueUrl": queue_url, "MessageBody": body, "MessageAttributes": attributes}
        await self._service.call("SendMessage", request, _nothing)

    async def send_message_batch(
        self, queue_url: str, entries: Sequence[Mapping[str, Any]]
    ) -> BatchAnswer:
        """Send up to 10 messages."""
        return await self._batch("SendMessageBatch", queue_url, entries)

    async def get_queue_attributes(self, queue_url: str, names: Sequence[str]) -> dict[str, str]:
        """Return attributes of the queue by name."""
        request = {"QueueUrl": queue_url, "AttributeNames": names}
        answer = await self._service.call("GetQueueAttributes", request, _attributes)
        return answer.attributes

    async def _batch(
        self, operation: str, queue_url: str, entries: Sequence[Mapping[str, Any]]
    ) -> BatchAnswer:
        request = {"QueueUrl": queue_url, "Entries": entries}
        response = await self._service.send(operation, request)
        answer = decoded(operation, response, _batch)
        if not answer.failed:
            return answer
        return msgspec.structs.replace(answer, request_id=request_id_of(response))
