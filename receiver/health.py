"""Liveness and readiness: the load balancer's two questions."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from aiohttp import web

from api.problems import unavailable
from orders.errors import Unavailable
from orders.ports import OrderReader

PROBED_ORDER_ID = "readiness-probe"
PROBE_SECONDS = 2.0
PROBE_AGE_SECONDS = 1.0


class Readiness:
    """Not ready while draining, or when the orders table did not answer a moment ago."""

    def __init__(self, reader: OrderReader, *, now: Callable[[], float] = time.monotonic) -> None:
        self._reader = reader
        self._now = now
        self._draining = False
        self._probed_at: float | None = None
        self._obstacle: str | None = None
        self._probing = asyncio.Lock()

    def drain(self) -> None:
        """Be not ready from now on."""
        self._draining = True

    @property
    def draining(self) -> bool:
        """Whether the process is about to stop."""
        return self._draining

    async def obstacle(self) -> str | None:
        """Return what is in the way, or None; the table is read at most once a second."""
        if self._draining:
            return "draining"
        async with self._probing:
            if self._probed_at is None or self._now() - self._probed_at > PROBE_AGE_SECONDS:
                self._obstacle = await self._probe()
                self._probed_at = self._now()
        return self._obstacle

    async def _probe(self) -> str | None:
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                await self._reader.get(PROBED_ORDER_ID)
        except (Unavailable, TimeoutError):
            return "the orders table does not answer"
        return None


READINESS = web.AppKey("readiness", Readiness)


async def health(_request: web.Request) -> web.Response:
    """Answer that the process lives; `/ready` answers whether it can work."""
    return web.Response(text="OK")


async def ready(request: web.Request) -> web.Response:
    """Answer whether requests should be sent here."""
    obstacle = await request.app[READINESS].obstacle()
    if obstacle is not None:
        raise unavailable("not-ready", obstacle, 1)
    return web.Response(text="OK")
