"""One way to open AWS clients: shared session, tight time-outs, counted calls."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, Self, cast

import aioboto3
import aiobotocore
from aiobotocore.config import AioConfig
from aiobotocore.session import AioSession, get_session

from adapters.aws.calls import AwsCallCounter
from adapters.aws.models import shared_loader

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient
    from types_aiobotocore_sns import SNSClient
    from types_aiobotocore_sqs import SQSClient

CALL_LOG_SECONDS = 5.0
# For so long an idle connection waits for the next call. A NAT gateway forgets one after 350 s, and
# refuses what is sent on it then; aiobotocore takes no `tcp_keepalive`, so idling must end before:
# https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-basics.html
IDLE_CONNECTION_SECONDS = 12
USER_AGENT = f"flash-sale aiobotocore/{aiobotocore.__version__}"


def client_config(*, read_timeout_seconds: float, connections: int) -> AioConfig:
    """Return the botocore settings that every client shares.

    Requests are built by our own adapters and covered by tests, so botocore's validation of each
    parameter is time spent twice.
    """
    return AioConfig(
        connect_timeout=2,
        read_timeout=read_timeout_seconds,
        max_pool_connections=connections,
        parameter_validation=False,
        retries={"mode": "standard", "total_max_attempts": 3},
        connector_args={"keepalive_timeout": IDLE_CONNECTION_SECONDS},
        # botocore would put its own together from twenty parts, twice a request: a tenth of all
        # the CPU that a call costs.
        user_agent=USER_AGENT,
    )


def new_session() -> AioSession:
    """Return a session: event handlers and models, no credentials, nothing open.

    Made anew for each `AwsClients`, unless the caller has prepared one: that takes 10 ms of CPU.
    """
    session = get_session()
    session.register_component("data_loader", shared_loader())
    return session


class AwsClients:
    """Opens clients that live as long as the context.

    Endpoint and credentials are the standard AWS variables' business.
    """

    def __init__(
        self, region: str | None, *, connections: int = 64, session: AioSession | None = None
    ) -> None:
        self.calls = AwsCallCounter()
        self._session = aioboto3.Session(
            region_name=region, botocore_session=session or new_session()
        )
        self._stack = AsyncExitStack()
        self._connections = connections

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def dynamodb(self) -> DynamoDBClient:
        """Open a DynamoDB client."""
        return cast("DynamoDBClient", await self._open("dynamodb", 5))

    async def sns(self) -> SNSClient:
        """Open an SNS client."""
        return cast("SNSClient", await self._open("sns", 5))

    async def sqs(self) -> SQSClient:
        """Open an SQS client; its reads outlive a long poll of 20 seconds."""
        return cast("SQSClient", await self._open("sqs", 30))

    async def _open(self, service: str, read_timeout_seconds: float) -> Any:
        config = client_config(
            read_timeout_seconds=read_timeout_seconds, connections=self._connections
        )
        context = self._session.client(service, config=config)  # type: ignore[call-overload]
        client = await self._stack.enter_async_context(context)
        self.calls.attach(client)
        return client


@asynccontextmanager
async def open_aws_clients(
    region: str | None, *, connections: int = 64
) -> AsyncIterator[AwsClients]:
    """Open a client factory that also logs its call counts every few seconds."""
    async with AwsClients(region, connections=connections) as clients:
        logging_calls = asyncio.create_task(clients.calls.log_regularly(CALL_LOG_SECONDS))
        try:
            yield clients
        finally:
            logging_calls.cancel()
            with suppress(asyncio.CancelledError):
                await logging_calls
