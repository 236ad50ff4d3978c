"""The catalogue in memory, read again every few seconds: pricing an order costs no call."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from adapters.aws.errors import AWS_ERRORS, unavailable
from adapters.logs import get_logger
from adapters.orders.items import product_from_item
from orders.catalogue import Catalogue
from orders.errors import Unavailable

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient

_log = get_logger()


class CatalogueCache:
    """Fulfils `orders.ports.CatalogueSource`; stock in it is as old as the last refresh."""

    def __init__(self, dynamodb: DynamoDBClient, products_table: str) -> None:
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
            pages = self._dynamodb.get_paginator("scan").paginate(TableName=self._table)
            products = [product_from_item(item) async for page in pages for item in page["Items"]]
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
    dynamodb: DynamoDBClient, products_table: str, *, refresh_seconds: float
) -> AsyncIterator[CatalogueCache]:
    """Read the catalogue and keep it fresh while the context is open.

    Raises:
        Unavailable: the first read failed.
    """
    cache = CatalogueCache(dynamodb, products_table)
    await cache.refresh()
    refreshing = asyncio.create_task(cache.refresh_regularly(refresh_seconds))
    try:
        yield cache
    finally:
        refreshing.cancel()
        with suppress(asyncio.CancelledError):
            await refreshing
