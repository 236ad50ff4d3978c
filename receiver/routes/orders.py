"""Placing orders, and looking at them."""

from __future__ import annotations

from aiohttp import web

from orders.errors import OrderNotFound
from orders.ids import is_order_id
from orders.model import OrderStatus
from receiver.failures import not_found
from receiver.intake import read_order
from receiver.keys import ASYNC_ORDERS, LISTER, READER, SYNC_ORDERS
from receiver.query import Query
from receiver.views import OrdersView, json_response, location, order_view

DEFAULT_PAGE = 50
LARGEST_PAGE = 100


async def place_sync(request: web.Request) -> web.Response:
    """Answer with the settled order, after its payment."""
    orders = request.app[SYNC_ORDERS]
    order = await orders.settle(await read_order(request, orders.check_room))
    return json_response(order_view(order))


async def place_async(request: web.Request) -> web.Response:
    """Answer as soon as the order is stored and announced."""
    orders = request.app[ASYNC_ORDERS]
    order = await orders.accept(await read_order(request, orders.check_room))
    return json_response(order_view(order), status=202, headers=location(order.order_id))


async def no_async_here(_request: web.Request) -> web.Response:
    """Say why there is nothing to announce orders to."""
    raise not_found("/orders/async does not exist in the sync topology; use POST /orders/sync")


async def show(request: web.Request) -> web.Response:
    """Answer with one order as last written."""
    order_id = request.match_info["order_id"]
    order = await request.app[READER].get(order_id) if is_order_id(order_id) else None
    if order is None:
        raise OrderNotFound(order_id)
    return json_response(order_view(order))


async def list_by_status(request: web.Request) -> web.Response:
    """Answer with a page of the orders in one status, newest first."""
    query = Query(request)
    status = OrderStatus(query.choice("status", tuple(OrderStatus)))
    limit = query.integer("limit", 1, LARGEST_PAGE, default=DEFAULT_PAGE)
    page = await request.app[LISTER].page(status, limit, query.text("cursor"))
    orders = [order_view(order) for order in page.orders]
    return json_response(OrdersView(orders, page.next_cursor))
