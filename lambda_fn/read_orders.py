"""The Lambda handler of every `GET` behind the gateway: orders, and the catalogue they are of."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from typing import Any

from adapters.aws.fast.tls import trust
from api.problems import not_found
from api.query import Query, check_names
from api.views import OrdersView, ProductsView, order_view
from kit.environment import Environment
from lambda_fn.http import Answer, HttpRequest, document
from lambda_fn.settings import shop_settings
from lambda_fn.shop import Shop
from orders.errors import OrderNotFound
from orders.ids import is_order_id

# Read with the import, as code is: an environment's start runs at a full vCPU whatever its memory.
trust({}, amazon_only=True)

Read = Callable[[Shop, HttpRequest], Awaitable[Answer]]


@cache
def _shop() -> Shop:
    variables = os.environ
    return Shop(shop_settings(Environment(variables)), variables)


def handler(event: dict[str, Any], _context: object) -> Answer:
    """Answer with what the path asks for."""
    return _shop().answer(event, read)


async def read(shop: Shop, request: HttpRequest) -> Answer:
    """Do what the gateway's resource is for."""
    reading, parameters = READS[request.resource]
    check_names(request.query, parameters)
    return await reading(shop, request)


async def show_order(shop: Shop, request: HttpRequest) -> Answer:
    """Answer with one order as last written."""
    order_id = request.path_parameters["order_id"]
    order = await shop.store.get(order_id) if is_order_id(order_id) else None
    if order is None:
        raise OrderNotFound(order_id)
    return document(order_view(order))


async def list_orders(shop: Shop, request: HttpRequest) -> Answer:
    """Answer with a page of the orders in one status, newest first."""
    page = await shop.pages.page(*_query(request).page())
    return document(OrdersView([order_view(order) for order in page.orders], page.next_cursor))


async def list_products(shop: Shop, _request: HttpRequest) -> Answer:
    """Answer with every product."""
    await shop.refresh_catalogue()
    return document(ProductsView(shop.catalogue.current.all()))


async def search_products(shop: Shop, request: HttpRequest) -> Answer:
    """Answer with the products whose id or name contains `q`."""
    text = _query(request).search()
    await shop.refresh_catalogue()
    return document(ProductsView(shop.catalogue.current.search(text)))


async def show_product(shop: Shop, request: HttpRequest) -> Answer:
    """Answer with one product."""
    product_id = request.path_parameters["product_id"]
    await shop.refresh_catalogue()
    product = shop.catalogue.current.get(product_id)
    if product is None:
        raise not_found(f"product {product_id} is not in the catalogue")
    return document(product)


def _query(request: HttpRequest) -> Query:
    return Query({name: values[-1] for name, values in request.query.items()})


READS: Mapping[str, tuple[Read, frozenset[str]]] = {
    "/orders": (list_orders, frozenset({"status", "limit", "cursor"})),
    "/orders/{order_id}": (show_order, frozenset()),
    "/products": (list_products, frozenset()),
    "/products/search": (search_products, frozenset({"q"})),
    "/products/{product_id}": (show_product, frozenset()),
}
