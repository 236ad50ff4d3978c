"""What happens around every request: its id, and its failure as a problem document."""

from __future__ import annotations

import itertools
import re
import secrets

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler
from aiohttp.web_request import BaseRequest
from structlog.contextvars import bind_contextvars

from receiver.failures import problem_for
from receiver.keys import PARAMETERS, READINESS
from receiver.query import check_parameters

REQUEST_ID = "X-Request-Id"

_USABLE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_process = secrets.token_hex(6)
_numbers = itertools.count(1)


@web.middleware
async def answer_every_request(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer with the handler's response, or with the problem that kept it from one."""
    request_id = request_id_of(request)
    bind_contextvars(request_id=request_id)
    try:
        if request.rel_url.raw_query_string:
            check_parameters(request, request.app[PARAMETERS])
        response = await handler(request)
    except web.HTTPMethodNotAllowed as error:
        response = _other_method(request, error)
    except Exception as error:  # noqa: BLE001 - each error has its problem document
        response = problem_for(error).response(request.rel_url.raw_path)
    response.headers[REQUEST_ID] = request_id
    if request.app[READINESS].draining:
        response.force_close()
    return response


def request_id_of(request: BaseRequest) -> str:
    """Return the caller's id when it is fit to be logged, or a new one."""
    sent = request.headers.get(REQUEST_ID)
    if sent is not None and _USABLE_ID.fullmatch(sent):
        return sent
    return f"{_process}-{next(_numbers)}"


def _other_method(request: web.Request, error: web.HTTPMethodNotAllowed) -> web.Response:
    """Answer OPTIONS with the methods that the path has, and any other method with 405."""
    allow = ", ".join(sorted({*error.allowed_methods, hdrs.METH_OPTIONS}))
    if request.method == hdrs.METH_OPTIONS:
        return web.Response(status=204, headers={hdrs.ALLOW: allow})
    error.headers[hdrs.ALLOW] = allow
    return problem_for(error).response(request.rel_url.raw_path)
