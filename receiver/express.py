"""The express lane: placing an order to be fulfilled later goes past aiohttp's router.

That request is nearly all there is in a sale, and its path is always the same. Looking it up anew,
and making a match and a chain of middlewares for it, would be a tenth of what accepting costs.
What answers is what the router finds: the same handler, behind the same middlewares.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import cast

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware
from aiohttp.web_request import BaseRequest

from receiver.async_orders import ASYNC_ORDERS
from receiver.expectations import Answering
from receiver.handlers import accept_order

EXPRESS_PATHS = web.AppKey("express_paths", frozenset[str])


def express_first(app: web.Application, routed: Answering) -> Answering:
    """Return `routed` for all requests but those that place an order, exactly as documented.

    A target with a query, or with another spelling of the path, is the router's.
    """
    if ASYNC_ORDERS not in app:
        return routed
    place = _behind(app.middlewares, partial(accept_order, app[ASYNC_ORDERS]))
    paths = app[EXPRESS_PATHS]

    async def handle(request: BaseRequest) -> web.StreamResponse:
        if request.method == hdrs.METH_POST and request.raw_path in paths:
            return await place(cast("web.Request", request))
        return await routed(request)

    return handle


def _behind(middlewares: Iterable[Middleware], handler: Handler) -> Handler:
    for middleware in reversed(list(middlewares)):
        handler = partial(middleware, handler=handler)
    return handler
