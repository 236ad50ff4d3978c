"""The connection: aiohttp's own, with a time limit for request heads and problem documents."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from aiohttp import hdrs, web
from aiohttp.web_request import BaseRequest

from adapters.logs import get_logger
from receiver.problems import Problem, broken_rule

HEAD_SECONDS = 10.0
BACKLOG = 1024

Answering = Callable[[BaseRequest], Awaitable[web.StreamResponse]]

_log = get_logger()


class ReceiverProtocol(web.RequestHandler):
    """One connection of a client.

    A client that has begun a request head must finish it within `head_seconds`; aiohttp itself
    would wait as long as for an idle connection, an hour.
    """

    __slots__ = ("_head_seconds", "_head_timer")

    def __init__(
        self, manager: web.Server, *, loop: asyncio.AbstractEventLoop, head_seconds: float
    ) -> None:
        # Bodies come as they are: a compressed one is refused, not unpacked before its size counts.
        super().__init__(
            manager,
            loop=loop,
            access_log=None,  # type: ignore[arg-type] # aiohttp tests it for truth
            auto_decompress=False,
        )
        self._head_seconds = head_seconds
        self._head_timer: asyncio.TimerHandle | None = None

    def data_received(self, data: bytes) -> None:
        """Take what the client sent, and watch the clock while a head is incomplete."""
        requests_before = self._request_count
        super().data_received(data)
        complete = self._request_count > requests_before or self._request_in_progress
        if complete:
            self._forget_head()
        elif self._head_timer is None:
            self._head_timer = self._loop.call_later(self._head_seconds, self._give_up_on_head)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Forget the clock with the connection."""
        self._forget_head()
        super().connection_lost(exc)

    def handle_error(
        self,
        request: BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what is no HTTP request with a problem document, and close the connection."""
        if isinstance(exc, ConnectionError):
            raise exc  # the client has left: aiohttp ends the connection quietly
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            _log.error("connection_failed", exc_info=exc)
        if request.writer.output_size > 0:
            raise ConnectionError("the answer has begun already")
        detail = (message or "the request cannot be read").splitlines()[0]
        response = Problem(HTTPStatus(status), "malformed", detail).response(None)
        response.force_close()
        return response

    def _forget_head(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _give_up_on_head(self) -> None:
        self._head_timer = None
        self.force_close()


def only_met_expectations(handler: Answering) -> Answering:
    """Return `handler` behind a check of the `Expect` header.

    aiohttp checks it before any middleware, in plain text, and fails on bytes that are no UTF-8.
    """

    async def handle(request: BaseRequest) -> web.StreamResponse:
        expectation = request.headers.get(hdrs.EXPECT)
        if expectation is not None and expectation.lower() != "100-continue":
            rule = "must be 100-continue"
            status = HTTPStatus.EXPECTATION_FAILED
            problem = broken_rule(hdrs.EXPECT, rule, expectation, status=status)
            return problem.response(request.rel_url.raw_path)
        return await handler(request)

    return handle


async def listen(
    runner: web.AppRunner, listener: socket.socket, *, head_seconds: float = HEAD_SECONDS
) -> asyncio.Server:
    """Serve the runner's application on a bound socket."""
    manager = runner.server
    if manager is None:
        raise RuntimeError("the runner is not set up")
    manager.request_handler = only_met_expectations(manager.request_handler)
    loop = asyncio.get_running_loop()
    return await loop.create_server(
        lambda: ReceiverProtocol(manager, loop=loop, head_seconds=head_seconds),
        sock=listener,
        backlog=BACKLOG,
    )
