"""Clients whose hottest operations take the short way; a drop-in for the botocore client."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import msgspec

from adapters.aws.quick_calls import QuickCalls

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient
    from types_aiobotocore_sqs import SQSClient

# Sent with the quick try and with the ordinary one after it, so that both are one to DynamoDB:
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
IDEMPOTENT = {"TransactWriteItems": "ClientRequestToken"}

Operation = Callable[..., Awaitable[Any]]


def quick_dynamodb(client: DynamoDBClient, *methods: str) -> DynamoDBClient:
    """Return the client with these methods quick.

    Good for those that usually succeed: one that is refused is asked for once more.
    """
    return cast("DynamoDBClient", _QuickClient(client, methods))


def quick_sqs(client: SQSClient) -> SQSClient:
    """Return the client with quick receives and deletes."""
    return cast("SQSClient", _QuickClient(client, ("receive_message", "delete_message_batch")))


class _QuickClient:
    """Speaks AWS's JSON protocol itself for some operations; the others are the client's own.

    In that protocol, requests and answers without times and binaries look on the wire as botocore
    shows them, so there is nothing to translate.
    """

    def __init__(self, client: Any, methods: tuple[str, ...]) -> None:
        self._client = client
        self._calls = QuickCalls(client)
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
        """Return the answer; if the quick way does not bring one, the ordinary way's."""
        if operation in IDEMPOTENT:
            request.setdefault(IDEMPOTENT[operation], uuid.uuid4().hex)
        headers = {
            "Content-Type": self._content_type,
            "X-Amz-Target": f"{self._target_prefix}.{operation}",
        }
        body = await self._calls.post(operation, headers, msgspec.json.encode(request))
        if body is not None:
            with suppress(msgspec.DecodeError):
                return msgspec.json.decode(body)
        return await ordinary(**request)
