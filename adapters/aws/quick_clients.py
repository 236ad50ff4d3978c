"""Clients whose hottest operations take the short way; a drop-in for the botocore client."""

from __future__ import annotations

import asyncio
import base64
import uuid
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import msgspec
from botocore.parsers import ResponseParserError

from adapters.aws.quick_calls import NO_ANSWER, Answer, QuickCalls, Sleep

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient
    from types_aiobotocore_sqs import SQSClient

# Sent with every try, also that of the ordinary way, so that all of them are one to DynamoDB:
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
IDEMPOTENT = {"TransactWriteItems": "ClientRequestToken"}
# Never repeated here: a long poll takes up to 20 s, and whoever asked may want none any more.
TRIED_ONCE = {"ReceiveMessage"}

Operation = Callable[..., Awaitable[Any]]


def quick_dynamodb(
    client: DynamoDBClient, *methods: str, sleep: Sleep = asyncio.sleep
) -> DynamoDBClient:
    """Return the client with these methods quick; none whose answer may hold binaries."""
    return cast("DynamoDBClient", _QuickClient(client, methods, sleep))


def quick_sqs(client: SQSClient, *, sleep: Sleep = asyncio.sleep) -> SQSClient:
    """Return the client with quick receives and deletes; a receive that fails is not repeated."""
    methods = ("receive_message", "delete_message_batch")
    return cast("SQSClient", _QuickClient(client, methods, sleep))


class _QuickClient:
    """Speaks AWS's JSON protocol itself for some operations; the others are the client's own.

    In that protocol, requests and answers look on the wire as botocore shows them, so there is
    nothing to translate but binaries in answers, which only received messages have.
    """

    def __init__(self, client: Any, methods: tuple[str, ...], sleep: Sleep) -> None:
        self._client = client
        self._calls = QuickCalls(client, sleep=sleep)
        metadata = client.meta.service_model.metadata
        self._content_type = f"application/x-amz-json-{metadata['jsonVersion']}"
        self._target_prefix = metadata["targetPrefix"]
        for method in methods:
            operation = client.meta.method_to_api_mapping[method]
            ordinary = getattr(client, method)
            setattr(self, method, partial(self._call, operation, ordinary))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    async def _call(self, operation: str, ordinary: Operation, **request: Any) -> Any:
        """Return the answer; where there is none, the ordinary way's."""
        if operation in IDEMPOTENT:
            request.setdefault(IDEMPOTENT[operation], uuid.uuid4().hex)
        try:
            return await self._call_quickly(operation, request)
        except NO_ANSWER as error:
            await self._calls.missed(operation, error)
            if operation in TRIED_ONCE:
                raise
        return await ordinary(**request)

    async def _call_quickly(self, operation: str, request: dict[str, Any]) -> Any:
        headers = {
            "Content-Type": self._content_type,
            "X-Amz-Target": f"{self._target_prefix}.{operation}",
        }
        body = msgspec.json.encode(request)
        retry = operation not in TRIED_ONCE
        return _read(await self._calls.post(operation, headers, body, retry=retry))


def _read(answer: Answer) -> dict[str, Any]:
    """Return the answer as botocore shows it.

    Raises:
        ResponseParserError: it is not JSON.
    """
    try:
        read: dict[str, Any] = msgspec.json.decode(answer.body, type=dict)
    except msgspec.DecodeError as error:
        raise ResponseParserError(f"not JSON: {error}") from None
    for message in read.get("Messages", ()):
        for attribute in message.get("MessageAttributes", {}).values():
            if "BinaryValue" in attribute:
                attribute["BinaryValue"] = base64.b64decode(attribute["BinaryValue"])
    read["ResponseMetadata"] = {
        "RequestId": answer.headers.get("x-amzn-requestid", ""),
        "HTTPStatusCode": answer.status,
    }
    return read
