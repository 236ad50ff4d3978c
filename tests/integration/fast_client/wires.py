"""Servers on the loopback address that answer with bytes as told, one script a connection."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from adapters.aws.fast.client import FastClient

VARIABLES = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}
KEY = {"orderId": {"S": "a"}}
BODY = json.dumps({"Item": KEY}).encode()

Act = Callable[["Peer"], Awaitable[None]]


@dataclass
class Peer:
    """The server's end of one connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def request(self) -> bytes:
        """Read one whole request; an `IncompleteReadError` tells that none came."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.partition(b":")[2])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length:")
        )
        return head + await self.reader.readexactly(length)

    async def say(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    def reset(self) -> None:
        """Cut the connection without a word."""
        self.writer.transport.abort()


def http(body: bytes = BODY, *, status: str = "200 OK", head: str = "") -> bytes:
    lines = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{head}\r\n"
    return lines.encode() + body


def answers(*responses: bytes) -> Act:
    """Answer each request with the next response, then close."""

    async def act(peer: Peer) -> None:
        for response in responses:
            await peer.request()
            await peer.say(response)

    return act


async def serve_for_ever(peer: Peer) -> None:
    """Answer whatever comes."""
    while True:
        await peer.request()
        await peer.say(http())


@dataclass
class Server:
    """What clients met; `acts` go by connection, the last one for all that follow."""

    acts: Sequence[Act]
    port: int = 0
    connections: int = 0
    open: set[asyncio.StreamWriter] = field(default_factory=set)

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        act = self.acts[min(self.connections, len(self.acts) - 1)]
        self.connections += 1
        self.open.add(writer)
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                await act(Peer(reader, writer))
        finally:
            self.open.discard(writer)
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    def client(
        self, *, host: str = "127.0.0.1", scheme: str = "http", **options: Any
    ) -> FastClient:
        variables = options.pop("variables", {})
        endpoint = {"AWS_ENDPOINT_URL": f"{scheme}://{host}:{self.port}"}
        return FastClient("us-west-2", variables={**VARIABLES, **endpoint, **variables}, **options)


@asynccontextmanager
async def serving(*acts: Act, tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    server = Server(acts)
    listening = await asyncio.start_server(server.meet, "127.0.0.1", 0, ssl=tls)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        for writer in list(server.open):
            writer.transport.abort()
        await asyncio.sleep(0.01)
