"""A small HTTP server on the loopback address that stands in for every service of AWS."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from adapters.aws.clients import AwsClients

BROKEN = (0, "")
"""The answer that never comes: the connection breaks."""


@dataclass(frozen=True)
class Received:
    """One request as it arrived."""

    headers: dict[str, str]
    body: bytes
    connection: int

    @property
    def form(self) -> dict[str, list[str]]:
        """What SNS is sent."""
        return parse_qs(self.body.decode())

    @property
    def json(self) -> Any:
        """What the other services are sent."""
        return json.loads(self.body)

    @property
    def operation(self) -> str:
        """The operation that a service with JSON is asked for."""
        return self.headers["X-Amz-Target"].rpartition(".")[2]


@dataclass
class TinyAws:
    """Answers with `answers`, (status, text) each, and keeps what it was sent.

    Each answer's request id is `request-` and its number. While `open` is not set, none is sent.
    """

    answers: list[tuple[int, str]] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)
    open: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.open.set()

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one request."""
        body, headers = await request.read(), dict(request.headers)
        assert request.transport is not None
        _, port = request.transport.get_extra_info("peername")
        self.received.append(Received(headers, body, connection=port))
        number = len(self.received)
        await self.open.wait()
        status, text = self.answers.pop(0)
        if (status, text) == BROKEN:
            request.transport.abort()
        return web.Response(
            status=status or 200, text=text, headers={"x-amzn-RequestId": f"request-{number}"}
        )

    async def until_received(self, count: int) -> None:
        """Return once so many requests have arrived."""
        while len(self.received) < count:  # noqa: ASYNC110 - a test's own server
            await asyncio.sleep(0.001)


@asynccontextmanager
async def clients_of(aws: TinyAws, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[AwsClients]:
    """Open clients that have nobody else to ask."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", aws.handle)
    async with TestServer(app) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", str(server.make_url("/")))
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        monkeypatch.setenv("AWS_SESSION_TOKEN", "session-token")
        async with AwsClients("us-west-2") as opened:
            yield opened


def refused(
    code: str, message: str = "no", *, status: int = 400, **members: Any
) -> tuple[int, str]:
    """Return the answer with which DynamoDB refuses; `members` are the error's own."""
    kind = f"com.amazonaws.dynamodb.v20120810#{code}"
    return status, json.dumps({"__type": kind, "message": message, **members})


class Pauses(list[float]):
    """Notes the pauses that it is asked to make, and makes none."""

    async def __call__(self, seconds: float) -> None:
        """Note one."""
        self.append(seconds)
