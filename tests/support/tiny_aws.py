"""A small HTTP server on the loopback address that stands in for every service of AWS."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

BROKEN = (0, "")
"""The answer that never comes: the connection breaks."""


@dataclass
class TinyAws:
    """Answers with `answers`, (status, text) each; keeps which connection each request came on.

    Each answer's request id is `request-` and its number.
    """

    answers: list[tuple[int, str]] = field(default_factory=list)
    connections: list[int] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one request."""
        await request.read()
        assert request.transport is not None
        _, port = request.transport.get_extra_info("peername")
        self.connections.append(port)
        number = len(self.connections)
        status, text = self.answers.pop(0)
        if (status, text) == BROKEN:
            request.transport.abort()
        return web.Response(
            status=status or 200, text=text, headers={"x-amzn-RequestId": f"request-{number}"}
        )


@asynccontextmanager
async def served(aws: TinyAws, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """Let clients have nobody else to ask while the context is open."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", aws.handle)
    async with TestServer(app) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", str(server.make_url("/")))
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        yield
