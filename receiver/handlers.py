"""The handlers of orders, products and the OpenAPI document; `receiver.routes` says for which path.

Stock is as old as the catalogue's last refresh.
"""

from __future__ import annotations

from aiohttp import web

from api.problems import not_found
from api.query import Query
from api.views import OrdersView, ProductsView, location, order_view
from orders.errors import OrderNotFound
from orders.ids import is_order_id
from receiver.async_orders import ASYNC_ORDERS, AsyncOrders
from receiver.backend import BACKEND
from receiver.intake import read_order
from receiver.responses import json_response
from receiver.sync_orders import SYNC_ORDERS

DOCUMENT = web.AppKey("document", bytes)


async def place_sync(request: web.Request) -> web.Response:
    """Answer with the settled order, after its payment."""
    orders = request.app[SYNC_ORDERS]
    order = await orders.settle(await read_order(request, orders.admission.check_room))
    return json_response(order_view(order))


async def place_async(request: web.Request) -> web.Response:
    """Answer as soon as the order is stored and published."""
    return await accept_order(request.app[ASYNC_ORDERS], request)


async def accept_order(orders: AsyncOrders, request: web.Request) -> web.Response:
    """Let the use case accept the request's order, and answer with it."""
    order = await orders.accept(await read_order(request, orders.admission.check_room))
    return json_response(order_view(order), status=202, headers=location(order.order_id))


async def refuse_async(_request: web.Request) -> web.Response:
    """Answer that the sync topology has no topic to publish orders to."""
    raise not_found("/orders/async does not exist in the sync topology; use POST /orders/sync")


async def show_order(request: web.Request) -> web.Response:
    """Answer with one order as last written."""
    order_id = request.match_info["order_id"]
    order = await request.app[BACKEND].store.get(order_id) if is_order_id(order_id) else None
    if order is None:
        raise OrderNotFound(order_id)
    return json_response(order_view(order))


async def list_orders(request: web.Request) -> web.Response:
    """Answer with a page of the orders in one status, newest first."""
    page = await request.app[BACKEND].lister.page(*Query(request.query).page())
    orders = [order_view(order) for order in page.orders]
    return json_response(OrdersView(orders, page.next_cursor))


async def list_products(request: web.Request) -> web.Response:
    """Answer with every product."""
    return json_response(ProductsView(request.app[BACKEND].catalogue.current.all()))


async def search_products(request: web.Request) -> web.Response:
    """Answer with the products whose id or name contains `q`."""
    text = Query(request.query).search()
    return json_response(ProductsView(request.app[BACKEND].catalogue.current.search(text)))


async def show_product(request: web.Request) -> web.Response:
    """Answer with one product."""
    product_id = request.match_info["product_id"]
    product = request.app[BACKEND].catalogue.current.get(product_id)
    if product is None:
        raise not_found(f"product {product_id} is not in the catalogue")
    return json_response(product)


async def show_document(request: web.Request) -> web.Response:
    """Answer with the OpenAPI document of this topology."""
    return web.Response(body=request.app[DOCUMENT], content_type="application/json")
