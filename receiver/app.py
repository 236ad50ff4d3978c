"""The application: routes around the use cases, resources opened and closed with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from aiohttp import web
from aiohttp.typedefs import Middleware

from orders.fulfilment import Fulfilment
from orders.placement import OrderPlacement
from receiver.admission import Admission
from receiver.async_orders import AsyncOrders
from receiver.backend import Backend, BackendOpener, open_aws_backend
from receiver.background import BackgroundWork
from receiver.cors import cors_middleware
from receiver.intake import MAX_BODY_BYTES
from receiver.keys import (
    ADMISSIONS,
    ASYNC_ORDERS,
    BACKGROUND,
    CATALOGUE,
    LISTER,
    PARAMETERS,
    READER,
    READINESS,
    SETTINGS,
    SYNC_ORDERS,
)
from receiver.middleware import answer_every_request
from receiver.operations import parameter_names
from receiver.readiness import Readiness
from receiver.route_table import routes
from receiver.settings import Settings
from receiver.sync_orders import SyncOrders


def create_app(
    settings: Settings, open_backend: BackendOpener = open_aws_backend
) -> web.Application:
    """Return the receiver's application; the backend is opened when it starts."""
    middlewares: list[Middleware] = [answer_every_request]
    if settings.cors_origins:
        middlewares.insert(0, cors_middleware(settings.cors_origins))
    app = web.Application(middlewares=middlewares, client_max_size=MAX_BODY_BYTES)
    app[SETTINGS] = settings
    app[PARAMETERS] = parameter_names(settings.topology)

    async def backend_context(app: web.Application) -> AsyncIterator[None]:
        async with open_backend(settings) as backend:
            _hold_reads(app, backend)
            placement = OrderPlacement(
                catalogue=backend.catalogue, inserter=backend.inserter, reader=backend.store
            )
            _hold_async_orders(app, backend, placement)
            _hold_sync_orders(app, backend, placement)
            yield
            await app[BACKGROUND].aclose()

    app.cleanup_ctx.append(backend_context)
    app.add_routes(routes(settings.topology))
    return app


def _hold_reads(app: web.Application, backend: Backend) -> None:
    app[READINESS] = Readiness(backend.store)
    app[CATALOGUE] = backend.catalogue
    app[READER] = backend.store
    app[LISTER] = backend.lister
    app[ADMISSIONS] = []


def _hold_async_orders(app: web.Application, backend: Backend, placement: OrderPlacement) -> None:
    if backend.publisher is None:
        return
    settings = app[SETTINGS]
    admission = Admission(
        settings.max_in_flight,
        full=f"{settings.max_in_flight} orders are on their way already",
        retry_after_seconds=1,
    )
    app[ADMISSIONS].append(admission)
    app[ASYNC_ORDERS] = AsyncOrders(
        placement=placement, publisher=backend.publisher, admission=admission
    )


def _hold_sync_orders(app: web.Application, backend: Backend, placement: OrderPlacement) -> None:
    settings = app[SETTINGS]
    app[BACKGROUND] = BackgroundWork()
    admission = Admission(
        settings.payment_concurrency + settings.max_pending,
        full=f"{settings.max_pending} orders wait for payment already",
        retry_after_seconds=settings.payment_seconds,
    )
    app[ADMISSIONS].append(admission)
    app[SYNC_ORDERS] = SyncOrders(
        placement=placement,
        fulfilment=Fulfilment(
            store=backend.store, payments=backend.payments, lease_seconds=settings.lease_seconds
        ),
        reader=backend.store,
        admission=admission,
        payment_slots=asyncio.Semaphore(settings.payment_concurrency),
        background=app[BACKGROUND],
    )
