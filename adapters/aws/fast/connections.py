"""Connections to one endpoint: kept alive, bounded, one request on each at a time."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from contextlib import suppress
from typing import cast

from adapters.aws.fast.endpoints import Endpoint
from adapters.aws.fast.errors import NoAnswer
from adapters.aws.fast.responses import MalformedResponse, Response, ResponseParser

CONNECT_SECONDS = 2.0
# Well before the peer does: a request that meets the closing one is a lost answer.
IDLE_SECONDS = 12.0
# From here on a connection may have been closed without this process having looked.
DOUBTFUL_SECONDS = 0.5
CLOSE_SECONDS = 1.0


class Connection(asyncio.Protocol):
    """One connection; whoever sends waits for the whole answer before the next one sends."""

    def __init__(self) -> None:
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._transport: asyncio.Transport | None = None
        self._parser = ResponseParser()
        self._answer: asyncio.Future[Response] | None = None
        self._timer: asyncio.TimerHandle
        self._idle_since = (0.0, 0.0)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport; let the kernel find out about peers that are gone."""
        self._transport = cast("asyncio.Transport", transport)
        sock = transport.get_extra_info("socket")
        if sock is not None:
            with suppress(OSError):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)

    def data_received(self, data: bytes) -> None:
        """Take a part of an answer; bytes that nobody asked for end the connection."""
        answer = self._answer
        if answer is None or answer.done():
            self.close()
            return
        try:
            response = self._parser.feed(data)
        except MalformedResponse as error:
            self._fail(f"the answer cannot be read: {error}")
            return
        if response is not None:
            answer.set_result(response)

    def eof_received(self) -> None:
        """The peer sends no more; an answer without a length ends here."""
        answer = self._answer
        if answer is not None and not answer.done():
            response = self._parser.end()
            if response is not None:
                answer.set_result(response)

    def connection_lost(self, error: Exception | None) -> None:
        """Tell who waits for an answer that it won't come."""
        self._fail(f"the connection was lost: {error or 'closed by the peer'}")
        if not self.lost.done():
            self.lost.set_result(None)

    @property
    def closed(self) -> bool:
        """Whether nothing can be sent any more."""
        return self._transport is None or self._transport.is_closing()

    def idle_seconds(self) -> float:
        """Return for how long nothing was sent, also by the clock that goes on in a freeze."""
        monotonic, wall = self._idle_since
        return max(time.monotonic() - monotonic, time.time() - wall)

    async def exchange(self, request: bytes, first_byte_seconds: float, seconds: float) -> Response:
        """Send the request and return its answer.

        Raises:
            NoAnswer: it was lost, is malformed, or did not begin or end in time.
        """
        loop = asyncio.get_running_loop()
        if self.closed:
            raise NoAnswer("the connection was lost before it was used", sent=False)
        transport = cast("asyncio.Transport", self._transport)
        answer: asyncio.Future[Response] = loop.create_future()
        self._answer = answer
        whole_by = loop.time() + seconds
        self._timer = loop.call_later(min(first_byte_seconds, seconds), self._late, whole_by)
        try:
            transport.write(request)
            response = await answer
        except BaseException:
            self.close()
            raise
        finally:
            self._timer.cancel()
            self._answer = None
        self._idle_since = (time.monotonic(), time.time())
        if not response.keep_alive:
            self.close()
        return response

    def close(self) -> None:
        """End the connection without waiting."""
        if self._transport is not None:
            self._transport.abort()

    def _late(self, whole_by: float) -> None:
        loop = asyncio.get_running_loop()
        if self._parser.idle:
            self._fail("no answer in time")
        elif loop.time() >= whole_by:
            self._fail("the answer did not end in time")
        else:
            self._timer = loop.call_at(whole_by, self._late, whole_by)

    def _fail(self, why: str) -> None:
        answer = self._answer
        if answer is not None and not answer.done():
            answer.set_exception(NoAnswer(why, sent=True))
        self.close()


class Connections:
    """At most `limit` connections to one endpoint; the one used last is used first."""

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        limit: int,
        tls: ssl.SSLContext | None = None,
        connect_seconds: float = CONNECT_SECONDS,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self._endpoint = endpoint
        self._tls = tls
        self._connect_seconds = connect_seconds
        self._idle_seconds = idle_seconds
        self._places = asyncio.Semaphore(limit)
        self._idle: list[Connection] = []
        self._open: set[Connection] = set()

    async def send(self, request: bytes, first_byte_seconds: float, seconds: float) -> Response:
        """Send the request on a connection of its own and return the answer.

        Raises:
            NoAnswer: no place and no connection in time, or as `Connection.exchange`.
        """
        if self._places.locked():
            await self._wait_for_place(seconds)
        else:
            await self._places.acquire()
        try:
            connection = await self._take()
            response = await connection.exchange(request, first_byte_seconds, seconds)
            if not connection.closed:
                self._idle.append(connection)
            return response
        finally:
            self._places.release()

    async def aclose(self) -> None:
        """Close every connection and wait until they are closed."""
        self._idle.clear()
        closing = list(self._open)
        for connection in closing:
            connection.close()
        if closing:
            await asyncio.wait([each.lost for each in closing], timeout=CLOSE_SECONDS)

    async def _wait_for_place(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._places.acquire()
        except TimeoutError:
            raise NoAnswer(f"no free connection within {seconds:g} s", sent=False) from None

    async def _take(self) -> Connection:
        """Return a connection that is open as far as can be known, a new one if need be."""
        while self._idle:
            connection = self._idle.pop()
            idle_seconds = connection.idle_seconds()
            if idle_seconds > self._idle_seconds:
                connection.close()
                continue
            if idle_seconds > DOUBTFUL_SECONDS:
                # The loop may not have looked since the peer closed: one turn is enough.
                await asyncio.sleep(0)
            if not connection.closed:
                return connection
        return await self._connect()

    async def _connect(self) -> Connection:
        host, port = self._endpoint.host, self._endpoint.port
        name = host if self._tls is not None else None
        try:
            async with asyncio.timeout(self._connect_seconds):
                _, connection = await asyncio.get_running_loop().create_connection(
                    Connection, host, port, ssl=self._tls, server_hostname=name
                )
        except TimeoutError:
            why = f"no connection to {host}:{port} within {self._connect_seconds:g} s"
            raise NoAnswer(why, sent=False) from None
        except (OSError, UnicodeError) as error:  # ssl's and the resolver's are OSErrors
            raise NoAnswer(f"no connection to {host}:{port}: {error}", sent=False) from error
        self._open.add(connection)
        connection.lost.add_done_callback(lambda _: self._forget(connection))
        return connection

    def _forget(self, connection: Connection) -> None:
        self._open.discard(connection)
        with suppress(ValueError):
            self._idle.remove(connection)
