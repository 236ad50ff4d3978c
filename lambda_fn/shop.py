"""The shop behind the gateway: what its functions have open, and how each request is answered."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from adapters.aws.fast.dynamodb import open_dynamodb
from adapters.orders.catalogue_cache import CatalogueCache
from adapters.orders.pages import OrderPages
from adapters.orders.single_inserter import SingleOrderInserter
from adapters.orders.store import DynamoOrderStore
from api.problems import problem_for
from kit.logging import bind_to_logs, get_logger
from lambda_fn.environment import ExecutionEnvironment
from lambda_fn.http import Answer, HttpRequest, problem_document, read_request, signed_off
from lambda_fn.settings import ShopSettings
from orders.errors import Unavailable
from orders.placement import OrderPlacement

# As old as the receiver lets its own become.
CATALOGUE_SECONDS = 5.0

_log = get_logger()


class Shop:
    """The ports of the shop, open for the life of the environment."""

    def __init__(self, settings: ShopSettings, variables: Mapping[str, str]) -> None:
        self._environment = ExecutionEnvironment(settings.region, settings.log_level, variables)
        self._origins = settings.cors_origins
        dynamodb, tables = open_dynamodb(self._environment.client), settings.tables
        self.catalogue = CatalogueCache(dynamodb, tables.products)
        self._catalogue_read_at: float | None = None
        self.store = DynamoOrderStore(dynamodb, tables)
        self.pages = OrderPages(dynamodb, tables.orders, tables.shards)
        self.placement = OrderPlacement(
            catalogue=self.catalogue,
            inserter=SingleOrderInserter(dynamodb, tables.orders, tables.shards),
            reader=self.store,
        )

    def answer(
        self, event: Mapping[str, Any], work: Callable[[Shop, HttpRequest], Awaitable[Answer]]
    ) -> Answer:
        """Return the answer to a request, or the problem that kept it from one; never raises."""
        request = read_request(event)

        async def answered() -> Answer:
            bind_to_logs(request_id=request.request_id)
            try:
                return await work(self, request)
            except Exception as error:  # noqa: BLE001 - each error has its problem document
                return problem_document(problem_for(error), request)

        return signed_off(self._environment.run(answered()), request, self._origins)

    async def refresh_catalogue(self) -> None:
        """Read the catalogue unless that was done a moment ago.

        Raises:
            Unavailable: it was never read, and cannot be.
        """
        now = time.monotonic()
        read_at = self._catalogue_read_at
        if read_at is not None and now - read_at < CATALOGUE_SECONDS:
            return
        try:
            await self.catalogue.refresh()
        except Unavailable as error:
            if read_at is None:
                raise
            _log.warning("catalogue_refresh_failed", error=str(error))
        self._catalogue_read_at = now

    def close(self) -> None:
        """Close what is open."""
        self._environment.close()
