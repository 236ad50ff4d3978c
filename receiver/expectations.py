"""The `Expect` header: a body is asked for once everything that its head decides has been decided.

RFC 9110, section 10.1.1: https://www.rfc-editor.org/rfc/rfc9110#section-10.1.1
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus

from aiohttp import HttpVersion11, hdrs, web
from aiohttp.web_request import BaseRequest
from multidict import CIMultiDict

from api.problems import broken_rule
from receiver.middleware import REQUEST_ID, request_id_of
from receiver.responses import problem_response

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

Answering = Callable[[BaseRequest], Awaitable[web.StreamResponse]]

# Held by the request of a client that waits for `100 Continue` before it sends the body.
_WAITS = web.RequestKey("waits", bool)


def expectations_met(handler: Answering) -> Answering:
    """Return `handler` behind a check of the `Expect` header.

    aiohttp answers that header before any middleware and also where no route matches: with
    `100 Continue`, or in plain text. So `handler` gets the request without it.
    """

    async def handle(request: BaseRequest) -> web.StreamResponse:
        if hdrs.EXPECT not in request.headers:
            return await handler(request)
        expectation = ", ".join(request.headers.getall(hdrs.EXPECT))
        request = request.clone(headers=_without_expectation(request))
        request[_WAITS] = request.version == HttpVersion11 and not request.content.is_eof()
        if expectation.lower() == "100-continue":
            response = await handler(request)
        else:
            response = _refused(request, expectation)
        if request[_WAITS]:
            # Whether the body still comes is the client's choice; the next request could be
            # taken for it.
            response.force_close()
        return response

    return handle


def waits_for_continue(request: BaseRequest) -> bool:
    """Tell whether the client wants to know that its head is fine before it sends the body."""
    return _WAITS in request and request[_WAITS]


async def send_continue(request: BaseRequest) -> None:
    """Tell the client to send the body."""
    request[_WAITS] = False
    await request.writer.write(CONTINUE)


def _refused(request: BaseRequest, expectation: str) -> web.Response:
    problem = broken_rule(
        hdrs.EXPECT, "must be 100-continue", expectation, status=HTTPStatus.EXPECTATION_FAILED
    )
    response = problem_response(problem, request.rel_url.raw_path)
    response.headers[REQUEST_ID] = request_id_of(request)
    return response


def _without_expectation(request: BaseRequest) -> CIMultiDict[str]:
    """Return the other headers; bytes that are no UTF-8 become U+FFFD, which no header may hold."""
    return CIMultiDict(
        (name, value.encode(errors="surrogateescape").decode(errors="replace"))
        for name, value in request.headers.items()
        if name.lower() != "expect"
    )
