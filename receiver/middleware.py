"""What happens around every request: its id, its error as a problem document, its origin."""

from __future__ import annotations

import itertools
import re
import secrets

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware
from aiohttp.web_request import BaseRequest

from kit.logging import bind_to_logs
from receiver.health import READINESS
from receiver.problems import problem_for
from receiver.query import PARAMETERS, check_parameters
from receiver.responses import problem_response

REQUEST_ID = "X-Request-Id"

ANY_ORIGIN = "*"
EXPOSED = "Location, Retry-After, X-Request-Id"
ACCEPTED = "Content-Type, Idempotency-Key, X-Request-Id"
PREFLIGHT_SECONDS = "600"

_USABLE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_process = secrets.token_hex(6)
_numbers = itertools.count(1)


def answering_middleware(app: web.Application) -> Middleware:
    """Return the middleware that gives every request of the application an answer."""

    @web.middleware
    async def answer_every_request(request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer with the handler's response, or with the problem that kept it from one."""
        request_id = request_id_of(request)
        bind_to_logs(request_id=request_id)
        try:
            if request.rel_url.raw_query_string:
                check_parameters(request, app[PARAMETERS])
            response = await handler(request)
        except web.HTTPMethodNotAllowed as error:
            response = _other_method(request, error)
        except Exception as error:  # noqa: BLE001 - each error has its problem document
            response = problem_response(problem_for(error), request.rel_url.raw_path)
        response.headers[REQUEST_ID] = request_id
        if app[READINESS].draining:
            response.force_close()
        return response

    return answer_every_request


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
    return problem_response(problem_for(error), request.rel_url.raw_path)


def cors_middleware(origins: frozenset[str]) -> Middleware:
    """Return the middleware that lets scripts of `origins` read answers."""

    @web.middleware
    async def allow_origin(request: web.Request, handler: Handler) -> web.StreamResponse:
        response = await handler(request)
        response.headers.add(hdrs.VARY, hdrs.ORIGIN)
        origin = request.headers.get(hdrs.ORIGIN)
        if origin is None or not (ANY_ORIGIN in origins or origin in origins):
            return response
        response.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = origin
        response.headers[hdrs.ACCESS_CONTROL_EXPOSE_HEADERS] = EXPOSED
        if _is_preflight(request):
            response.headers[hdrs.ACCESS_CONTROL_ALLOW_METHODS] = response.headers[hdrs.ALLOW]
            response.headers[hdrs.ACCESS_CONTROL_ALLOW_HEADERS] = ACCEPTED
            response.headers[hdrs.ACCESS_CONTROL_MAX_AGE] = PREFLIGHT_SECONDS
        return response

    return allow_origin


def _is_preflight(request: web.Request) -> bool:
    asks = hdrs.ACCESS_CONTROL_REQUEST_METHOD in request.headers
    return request.method == hdrs.METH_OPTIONS and asks
