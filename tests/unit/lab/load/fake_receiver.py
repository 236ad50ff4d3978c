"""A receiver that answers immediately, or as told: what Locust is tried against."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from typing import Any

from aiohttp import web

PRODUCTS = [{"product_id": "SKU-001"}, {"product_id": "2"}, {"product_id": "SKU-LIMITED"}]


class FakeReceiver:
    """Answers orders with the statuses in `statuses`, in turn, and while it `holds_back` none."""

    def __init__(self) -> None:
        self.statuses = [202]
        self.holds_back = False
        self.waiting = 0
        self.hangs_up = False
        self.products: list[dict[str, str]] = PRODUCTS
        self.orders: list[dict[str, Any]] = []
        self.paths: set[str] = set()
        self.url = ""

    async def place(self, request: web.Request) -> web.Response:
        if self.hangs_up:
            assert request.transport is not None
            request.transport.abort()
        self.paths.add(request.path)
        self.orders.append(await request.json())
        status = self.statuses[len(self.orders) % len(self.statuses)]
        self.waiting += 1
        while self.holds_back:  # noqa: ASYNC110 - let go by the test, in a thread of its own
            await asyncio.sleep(0.01)
        self.waiting -= 1
        return web.json_response({}, status=status)

    async def catalogue(self, request: web.Request) -> web.Response:
        self.paths.add(request.path)
        return web.json_response({"products": self.products})


async def serve(
    receiver: FakeReceiver, ready: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]]
) -> None:
    app = web.Application()
    app.router.add_get("/products", receiver.catalogue)
    for path in ("/orders", "/orders/sync", "/orders/async"):
        app.router.add_post(path, receiver.place)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    stop = asyncio.Event()
    ready.set_result((asyncio.get_running_loop(), stop))
    await stop.wait()
    await runner.cleanup()
