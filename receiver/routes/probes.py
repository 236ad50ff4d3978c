"""Liveness and readiness."""

from __future__ import annotations

from aiohttp import web

from receiver.keys import READINESS
from receiver.problems import unavailable


async def health(_request: web.Request) -> web.Response:
    """Answer that the process lives; whether it can work is `/ready`'s business."""
    return web.Response(text="OK")


async def ready(request: web.Request) -> web.Response:
    """Answer whether requests should be sent here."""
    obstacle = await request.app[READINESS].obstacle()
    if obstacle is not None:
        raise unavailable("not-ready", obstacle, 1)
    return web.Response(text="OK")
