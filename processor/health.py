"""The processor's two routes: is it alive, and does it take in orders."""

from __future__ import annotations

import errno
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web


class PortBusy(Exception):
    """The port cannot be listened on; the message says which and what to do."""


@asynccontextmanager
async def serve_health(port: int, is_ready: Callable[[], bool]) -> AsyncIterator[None]:
    """Answer `/health` and `/ready` on `port` while the context is open.

    Raises:
        PortBusy: somebody else listens there.
    """
    runner = web.AppRunner(_app(is_ready), access_log=None)
    await runner.setup()
    try:
        # Several processors of one machine share the port; on Fargate each has its own.
        site = web.TCPSite(runner, port=port, reuse_port=True, shutdown_timeout=1)
        try:
            await site.start()
        except OSError as error:
            raise PortBusy(_why(port, error)) from None
        yield
    finally:
        await runner.cleanup()


def _app(is_ready: Callable[[], bool]) -> web.Application:
    async def health(_request: web.Request) -> web.Response:
        return web.Response(text="OK")

    async def ready(_request: web.Request) -> web.Response:
        return web.Response(text="OK") if is_ready() else web.Response(status=503, text="NOT READY")

    app = web.Application()
    app.add_routes([web.get("/health", health), web.get("/ready", ready)])
    return app


def _why(port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"PORT = {port}: is in use by another program; stop that one or set another PORT"
    return f"PORT = {port}: cannot be listened on: {error.strerror or error}"
