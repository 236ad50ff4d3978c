"""The catalogue; stock is as old as the last refresh."""

from __future__ import annotations

from aiohttp import web

from receiver.failures import not_found
from receiver.keys import CATALOGUE
from receiver.query import Query
from receiver.views import ProductsView, json_response

LONGEST_SEARCH = 100


async def list_all(request: web.Request) -> web.Response:
    """Answer with every product."""
    return json_response(ProductsView(request.app[CATALOGUE].current.all()))


async def search(request: web.Request) -> web.Response:
    """Answer with the products whose id or name contains `q`."""
    text = Query(request).required_text("q", LONGEST_SEARCH)
    return json_response(ProductsView(request.app[CATALOGUE].current.search(text)))


async def show(request: web.Request) -> web.Response:
    """Answer with one product."""
    product_id = request.match_info["product_id"]
    product = request.app[CATALOGUE].current.get(product_id)
    if product is None:
        raise not_found(f"product {product_id} is not in the catalogue")
    return json_response(product)
