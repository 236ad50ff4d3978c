"""Every path of the receiver."""

from __future__ import annotations

from aiohttp import web

from receiver.routes import orders, probes, products
from receiver.routes.document import document_handler


def routes(topology: str) -> list[web.RouteDef]:
    """Return the routes in the order they are tried: fixed paths before patterns."""
    is_sync = topology == "sync"
    return [
        web.post("/orders", orders.place_sync if is_sync else orders.place_async),
        web.post("/orders/sync", orders.place_sync),
        web.post("/orders/async", orders.no_async_here if is_sync else orders.place_async),
        web.get("/orders", orders.list_by_status),
        web.get("/orders/{order_id:(?!a?sync$)[^{}/]+}", orders.show),
        web.get("/products", products.list_all),
        web.get("/products/search", products.search),
        web.get("/products/{product_id}", products.show),
        web.get("/health", probes.health),
        web.get("/ready", probes.ready),
        web.get("/openapi.json", document_handler(topology)),
    ]
