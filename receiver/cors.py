"""Cross-origin requests, for the origins that the settings name."""

from __future__ import annotations

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

ANY_ORIGIN = "*"
EXPOSED = "Location, Retry-After, X-Request-Id"
ACCEPTED = "Content-Type, Idempotency-Key, X-Request-Id"
PREFLIGHT_SECONDS = "600"


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
