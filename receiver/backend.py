"""Everything outside the process that the receiver works with, as the domain's ports."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from adapters.aws.clients import open_aws_clients
from adapters.aws.quick_clients import quick_dynamodb
from adapters.aws.quick_sns import quick_sns
from adapters.orders.catalogue_cache import open_catalogue
from adapters.orders.inserter import BatchedOrderInserter
from adapters.orders.pages import OrderPage, OrderPages
from adapters.orders.publisher import BatchedOrderPublisher
from adapters.orders.store import DynamoOrderStore
from adapters.payments.ledger import DynamoLedger
from adapters.payments.simulated_provider import simulated_payments
from orders.model import OrderStatus
from orders.ports import CatalogueSource, OrderInserter, OrderPublisher, OrderStore, PaymentGateway
from receiver.settings import Settings

CATALOGUE_REFRESH_SECONDS = 5.0


class OrderLister(Protocol):
    """Lists orders by status, newest first."""

    async def page(self, status: OrderStatus, limit: int, cursor: str | None) -> OrderPage:
        """Return up to `limit` orders after `cursor`."""
        ...


@dataclass(frozen=True, kw_only=True)
class Backend:
    """The ports, open; `publisher` is None in the sync topology."""

    catalogue: CatalogueSource
    inserter: OrderInserter
    store: OrderStore
    payments: PaymentGateway
    lister: OrderLister
    publisher: OrderPublisher | None = None


BACKEND = web.AppKey("backend", Backend)

BackendOpener = Callable[[Settings], AbstractAsyncContextManager[Backend]]


@asynccontextmanager
async def open_aws_backend(settings: Settings) -> AsyncIterator[Backend]:
    """Open the backend on AWS; what still waits in batches is sent at the end.

    Raises:
        Unavailable: the catalogue cannot be read.
    """
    async with AsyncExitStack() as stack:
        clients = await stack.enter_async_context(open_aws_clients(settings.region))
        dynamodb = quick_dynamodb(await clients.dynamodb(), "batch_execute_statement", "query")
        catalogue = await stack.enter_async_context(
            open_catalogue(
                dynamodb, settings.products_table, refresh_seconds=CATALOGUE_REFRESH_SECONDS
            )
        )
        publisher: BatchedOrderPublisher | None = None
        if settings.sns_topic_arn is not None:
            sns = quick_sns(await clients.sns())
            publisher = BatchedOrderPublisher(sns, settings.sns_topic_arn)
            await stack.enter_async_context(aclosing(publisher))
        shards = settings.tables.shards
        inserter = BatchedOrderInserter(dynamodb, settings.orders_table, shards)
        await stack.enter_async_context(aclosing(inserter))
        yield Backend(
            catalogue=catalogue,
            inserter=inserter,
            store=DynamoOrderStore(dynamodb, settings.tables),
            payments=simulated_payments(
                DynamoLedger(dynamodb, settings.payments_table),
                payment_seconds=settings.payment_seconds,
                lease_seconds=settings.lease_seconds,
                faults=settings.payment_faults,
            ),
            lister=OrderPages(dynamodb, settings.orders_table, shards),
            publisher=publisher,
        )
