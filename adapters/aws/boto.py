"""aioboto3, for what not every order asks for: the catalogue and listings."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import aioboto3
from aiobotocore.config import AioConfig
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from adapters.aws.calls import AwsCallCounter
from adapters.aws.fast.connections import CONNECT_SECONDS, IDLE_SECONDS
from adapters.aws.fast.errors import AwsError, NoAnswer, Refused
from adapters.aws.fast.service import FIRST_BYTE_SECONDS, Attempt

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient

# What a call can raise: refused by the service, never answered, or answered by a proxy.
BOTO_ERRORS = (ClientError, BotoCoreError, OSError, TimeoutError, ResponseParserError)
CONNECTIONS = 16


@asynccontextmanager
async def open_boto_reads(region: str, calls: AwsCallCounter) -> AsyncIterator[BotoReads]:
    """Open a client of DynamoDB whose calls are counted with all others."""
    async with open_boto_client("dynamodb", region, calls) as client:
        yield BotoReads(client)


class BotoReads:
    """Fulfils `adapters.aws.reads.Reads`."""

    def __init__(self, client: DynamoDBClient) -> None:
        self._client: Any = client

    async def query(self, **request: Any) -> Mapping[str, Any]:
        """Return one page of a query."""
        return await self._read(self._client.query(**request))

    async def scan(self, **request: Any) -> Mapping[str, Any]:
        """Return one page of a scan."""
        return await self._read(self._client.scan(**request))

    @staticmethod
    async def _read(call: Awaitable[Mapping[str, Any]]) -> Mapping[str, Any]:
        try:
            return await call
        except ClientError as error:
            refused = _error(error.response, None, "")
            raise refused or NoAnswer(str(error), sent=True) from error
        except BOTO_ERRORS as error:
            raise NoAnswer(str(error) or repr(error), sent=True) from error


@asynccontextmanager
async def open_boto_client(
    service: str,
    region: str,
    calls: AwsCallCounter,
    *,
    read_seconds: float = FIRST_BYTE_SECONDS,
    connections: int = CONNECTIONS,
) -> AsyncIterator[Any]:
    """Open a client of any service in the same way."""
    config = AioConfig(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=read_seconds,
        max_pool_connections=connections,
        retries={"mode": "standard", "total_max_attempts": 3},
        connector_args={"keepalive_timeout": IDLE_SECONDS},
    )
    session: Any = aioboto3.Session(region_name=region)
    async with session.client(service, config=config) as client:
        count = _Attempts(calls)
        client.meta.events.register("response-received", count)
        yield client


class _Attempts:
    """Tells the counter of each answer, or lack of one, that botocore gets."""

    def __init__(self, calls: AwsCallCounter) -> None:
        self._calls = calls

    def __call__(
        self,
        event_name: str,
        parsed_response: Mapping[str, Any] | None,
        exception: Exception | None,
        **_details: Any,
    ) -> None:
        """Hear of an event named `response-received.dynamodb.Query`."""
        _, service, operation = event_name.split(".")
        metadata: Mapping[str, Any] = (parsed_response or {}).get("ResponseMetadata", {})
        request_id = metadata.get("RequestId", "")
        error = _error(parsed_response, exception, request_id)
        self._calls.observe(Attempt(service, operation, 1, 0.0, error, request_id))


def _error(
    answer: Mapping[str, Any] | None, exception: Exception | None, request_id: str
) -> AwsError | None:
    if answer is None:
        return NoAnswer(repr(exception), sent=True)
    metadata: Mapping[str, Any] = answer.get("ResponseMetadata", {})
    status = metadata.get("HTTPStatusCode", HTTPStatus.OK)
    if status < HTTPStatus.MULTIPLE_CHOICES:
        return None
    told: Mapping[str, Any] = answer.get("Error", {})
    code, message = told.get("Code", ""), told.get("Message", "")
    return Refused(code, message, status=status, request_id=request_id, body=b"")
