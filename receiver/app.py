"""The application: routes around the use cases, resources opened and closed with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import msgspec
from aiohttp import web

from api.intake import MAX_BODY_BYTES
from orders.fulfilment import Fulfilment
from orders.placement import OrderPlacement
from orders.ports import OrderPublisher
from receiver.admission import Admission
from receiver.async_orders import ASYNC_ORDERS, AsyncOrders
from receiver.backend import BACKEND, Backend, BackendOpener
from receiver.express import EXPRESS_PATHS
from receiver.handlers import DOCUMENT, place_async
from receiver.health import READINESS, Readiness
from receiver.middleware import answering_middleware, cors_middleware
from receiver.openapi import openapi_document
from receiver.query import PARAMETERS
from receiver.routes import routes
from receiver.settings import Settings
from receiver.sync_orders import SYNC_ORDERS, SyncOrders


def create_app(settings: Settings, open_backend: BackendOpener) -> web.Application:
    """Return the receiver's application; the backend is opened when it starts."""
    app = web.Application(client_max_size=MAX_BODY_BYTES)
    if settings.cors_origins:
        app.middlewares.append(cors_middleware(settings.cors_origins))
    app.middlewares.append(answering_middleware(app))
    table = routes(settings.topology)
    app[PARAMETERS] = {(route.method, route.path): route.query_names for route in table}
    app[EXPRESS_PATHS] = frozenset(each.path for each in table if each.handler is place_async)
    app[DOCUMENT] = msgspec.json.encode(openapi_document(table))

    async def backend_context(app: web.Application) -> AsyncIterator[None]:
        async with open_backend(settings) as backend:
            app[BACKEND] = backend
            app[READINESS] = Readiness(backend.store)
            placement = OrderPlacement(
                catalogue=backend.catalogue, inserter=backend.inserter, reader=backend.store
            )
            if backend.publisher is not None:
                app[ASYNC_ORDERS] = _async_orders(settings, placement, backend.publisher)
            app[SYNC_ORDERS] = _sync_orders(settings, placement, backend)
            yield
            await app[SYNC_ORDERS].aclose()

    app.cleanup_ctx.append(backend_context)
    app.add_routes([web.route(route.method, route.pattern, route.handler) for route in table])
    return app


def _async_orders(
    settings: Settings, placement: OrderPlacement, publisher: OrderPublisher
) -> AsyncOrders:
    admission = Admission(
        settings.max_in_flight,
        full=f"{settings.max_in_flight} orders are on their way already",
        retry_after_seconds=1,
    )
    return AsyncOrders(placement=placement, publisher=publisher, admission=admission)


def _sync_orders(settings: Settings, placement: OrderPlacement, backend: Backend) -> SyncOrders:
    admission = Admission(
        settings.payment_concurrency + settings.max_pending,
        full=f"{settings.max_pending} orders wait for payment already",
        retry_after_seconds=settings.payment_seconds,
    )
    return SyncOrders(
        placement=placement,
        fulfilment=Fulfilment(
            store=backend.store, payments=backend.payments, lease_seconds=settings.lease_seconds
        ),
        reader=backend.store,
        admission=admission,
        payment_slots=asyncio.Semaphore(settings.payment_concurrency),
    )
