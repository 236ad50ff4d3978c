"""The catalogue in memory, read again every few seconds: pricing an order costs no call."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from adapters.aws.errors import AWS_ERRORS, unavailable
from adapters.aws.reads import Reads, scanned
from adapters.orders.schema import AttributeMap, product_from_item
from kit.background import running
from kit.logging import get_logger
from orders.catalogue import Catalogue
from orders.errors import Unavailable
from orders.model import Product

# Before the product's id in the key of what is deployed of it: its name and price.
CATALOGUE_PREFIX = "catalogue#"

_log = get_logger()


def products_from_items(items: Iterable[AttributeMap]) -> list[Product]:
    """Return the products that the items of the products table make up.

    A product's item holds the stock, which orders write. Its name and price are deployed, as an
    item of their own beside it, which goes before a name and price in the product's item.
    """
    entries, stocked = {}, {}
    for item in items:
        key = item["productId"]["S"]
        if key.startswith(CATALOGUE_PREFIX):
            entries[key.removeprefix(CATALOGUE_PREFIX)] = item
        else:
            stocked[key] = item
    return [
        product_from_item({**item, **entries.get(key, {}), "productId": {"S": key}})
        for key, item in stocked.items()
    ]


class CatalogueCache:
    """Fulfils `orders.ports.CatalogueSource`; stock in it is as old as the last refresh."""

    def __init__(self, dynamodb: Reads, products_table: str) -> None:
        self._dynamodb = dynamodb
        self._table = products_table
        self._current: Catalogue | None = None

    @property
    def current(self) -> Catalogue:
        """The newest snapshot.

        Raises:
            Unavailable: the catalogue was never read.
        """
        if self._current is None:
            raise Unavailable("catalogue: not read yet")
        return self._current

    async def refresh(self) -> None:
        """Read every product.

        Raises:
            Unavailable: the table did not answer, or not with products; the last snapshot stays.
        """
        try:
            items = scanned(self._dynamodb, TableName=self._table)
            products = products_from_items([item async for item in items])
        except AWS_ERRORS as error:
            raise unavailable("products table", error) from error
        except (KeyError, ValueError) as error:
            raise Unavailable(f"products table: an item cannot be read: {error!r}") from error
        self._current = Catalogue(products)

    async def refresh_regularly(self, interval_seconds: float) -> None:
        """Refresh for ever; a failed refresh is logged and tried again at the next."""
        while True:
            await asyncio.sleep(interval_seconds)
            try:
                await self.refresh()
            except Unavailable as error:
                _log.warning("catalogue_refresh_failed", error=str(error))


@asynccontextmanager
async def open_catalogue(
    dynamodb: Reads, products_table: str, *, refresh_seconds: float
) -> AsyncIterator[CatalogueCache]:
    """Read the catalogue and keep it fresh while the context is open.

    Raises:
        Unavailable: the first read failed.
    """
    cache = CatalogueCache(dynamodb, products_table)
    await cache.refresh()
    async with running(cache.refresh_regularly(refresh_seconds)):
        yield cache
