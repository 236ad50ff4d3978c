"""The connection: aiohttp's own, with a time limit for request heads and problem documents."""

from __future__ import annotations

import asyncio
import socket
from http import HTTPStatus

from aiohttp import web
from aiohttp.http import HttpRequestParser, RawRequestMessage
from aiohttp.http_exceptions import BadHttpMessage, LineTooLong
from aiohttp.streams import EMPTY_PAYLOAD, StreamReader
from aiohttp.web_protocol import RequestPayloadError
from aiohttp.web_request import BaseRequest

from api.problems import Problem, broken_rule
from kit.logging import get_logger
from receiver.expectations import expectations_met
from receiver.express import express_first
from receiver.middleware import REQUEST_ID, request_id_of
from receiver.responses import problem_response

HEAD_SECONDS = 10.0
BACKLOG = 1024
# aiohttp's error names only the limit that was broken, so that the two must differ.
MAX_TARGET_BYTES = 8192
MAX_FIELD_BYTES = 8190
MAX_FIELDS = 128
TOO_MANY_FIELDS = "Too many headers received"  # aiohttp's words for it; it has no type of its own
FIELDS_TOO_LARGE = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE

_log = get_logger()


class ReceiverProtocol(web.RequestHandler):
    """One connection of a client.

    Each whole request is answered before the connection closes. aiohttp takes the client's end of
    input for its departure, and forgets the requests in one segment with broken bytes.

    A client that has begun a request head must finish it within `head_seconds`; aiohttp itself
    would wait as long as for an idle connection, an hour.
    """

    __slots__ = ("_answered", "_head_seconds", "_head_timer", "_input_ended", "_newest_body")

    def __init__(
        self, manager: web.Server, *, loop: asyncio.AbstractEventLoop, head_seconds: float
    ) -> None:
        super().__init__(
            manager,
            loop=loop,
            access_log=None,  # type: ignore[arg-type] # aiohttp tests it for truth
        )
        self._parser = HttpRequestParser(
            self,
            loop,
            self._read_bufsize,
            max_line_size=MAX_TARGET_BYTES,
            max_field_size=MAX_FIELD_BYTES,
            max_headers=MAX_FIELDS,
            payload_exception=RequestPayloadError,
            # Bodies come as they are: a compressed one is refused, not unpacked before its size
            # counts.
            auto_decompress=False,
            # The parser stops after each request, so that what is broken behind it cannot take it
            # along.
            max_msg_queue_size=1,
        )
        self._head_seconds = head_seconds
        self._head_timer: asyncio.TimerHandle | None = None
        self._newest_body: StreamReader = EMPTY_PAYLOAD
        self._answered = 0
        self._input_ended = False

    def data_received(self, data: bytes) -> None:
        """Take what the client sent, and watch the clock while a head is incomplete."""
        if self._input_ended and data:
            return  # a parser that has failed is not asked again
        requests_before = self._request_count
        while self._has_parsed_to_an_end(data) and len(self._messages) < self._max_msg_queue_size:
            data = b""  # the parser keeps what it has not read yet
        if self._request_count > requests_before or self._request_in_progress:
            self._forget_head()
        elif self._head_timer is None:
            self._head_timer = self._loop.call_later(self._head_seconds, self._give_up_on_head)

    def eof_received(self) -> bool:  # type: ignore[override] # asyncio asks for the answer
        """Keep the connection open until everything that came before is answered.

        A client may close its own side and wait: https://www.rfc-editor.org/rfc/rfc9112#section-9.6
        """
        self._end_input()
        return self._request_count > self._answered

    def connection_lost(self, exc: BaseException | None) -> None:
        """Forget the clock with the connection."""
        self._forget_head()
        super().connection_lost(exc)

    async def finish_response(
        self, request: BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Send an answer; the last one to a client that sends no more ends the connection."""
        refuses_upgrade = self._upgraded
        if self._input_ended and self._answered + 1 == self._request_count and not refuses_upgrade:
            resp.force_close()
        finished = await super().finish_response(request, resp, start_time)
        self._answered += 1
        if refuses_upgrade:  # aiohttp has parsed one of the requests behind it
            if self._messages:
                self._newest_body = self._messages[-1][1]
            self.data_received(b"")
        if self._input_ended:
            self._end_input()
        return finished

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
        response = problem_response(_problem(HTTPStatus(status), exc, message), None)
        response.headers[REQUEST_ID] = request_id_of(request)
        response.force_close()
        return response

    def _has_parsed_to_an_end(self, data: bytes) -> bool:
        """Parse on, and tell whether the parser has stopped behind a whole request."""
        requests_before = self._request_count
        body_was_open = not self._newest_body.is_eof()
        super().data_received(data)
        if self._request_count > requests_before:
            message, body = self._messages[-1]
            if not isinstance(message, RawRequestMessage):
                if body_was_open:  # broken in a body: the answer to its request is the only one
                    self._messages.pop()
                    self._request_count -= 1
                self._end_input()
                return False
            self._newest_body = body
        elif not body_was_open:
            return False
        return self._newest_body.is_eof()

    def _end_input(self) -> None:
        """Let nobody wait for bytes that will not be read, and close after the last answer."""
        self._input_ended = True
        is_open = not self._newest_body.is_eof()
        if self._request_count > self._answered:
            if is_open:
                self._newest_body.set_exception(RequestPayloadError("the body breaks off"))
            return
        if is_open:
            self._newest_body.feed_eof()  # nobody but aiohttp, which discards it, waits for more
        self.close()

    def _forget_head(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _give_up_on_head(self) -> None:
        self._head_timer = None
        self.force_close()


def _problem(status: HTTPStatus, error: BaseException | None, message: str | None) -> Problem:
    if isinstance(error, LineTooLong):
        if MAX_TARGET_BYTES in error.args:
            rule = f"must be at most {MAX_TARGET_BYTES} bytes"
            return broken_rule("request target", rule, status=HTTPStatus.REQUEST_URI_TOO_LONG)
        rule = f"must be at most {MAX_FIELD_BYTES} bytes each"
        return broken_rule("header fields", rule, status=FIELDS_TOO_LARGE)
    if isinstance(error, BadHttpMessage) and error.message == TOO_MANY_FIELDS:
        rule = f"must be at most {MAX_FIELDS}"
        return broken_rule("header fields", rule, status=FIELDS_TOO_LARGE)
    detail = (message or "the request cannot be read").splitlines()[0]
    return Problem(status, "malformed", detail)


async def listen(
    runner: web.AppRunner, listener: socket.socket, *, head_seconds: float = HEAD_SECONDS
) -> asyncio.Server:
    """Serve the runner's application on a bound socket."""
    manager = runner.server
    if manager is None:
        raise RuntimeError("the runner is not set up")
    routed = express_first(runner.app, manager.request_handler)
    manager.request_handler = expectations_met(routed)
    loop = asyncio.get_running_loop()
    return await loop.create_server(
        lambda: ReceiverProtocol(manager, loop=loop, head_seconds=head_seconds),
        sock=listener,
        backlog=BACKLOG,
    )
