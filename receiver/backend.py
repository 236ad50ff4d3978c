"""Everything outside the process that the receiver works with, as the domain's ports."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from adapters.aws.boto import open_boto_reads
from adapters.aws.calls import counted_calls
from adapters.aws.clients import open_fast_client
from adapters.aws.fast.dynamodb import open_dynamodb
from adapters.aws.fast.sns import open_sns
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
async def open_aws_backend(
    settings: Settings, *, variables: Mapping[str, str]
) -> AsyncIterator[Backend]:
    """Open the backend on AWS as `variables` say; what still waits in batches is sent at the end.

    Raises:
        Unavailable: the catalogue cannot be read.
        EndpointError, TrustError, NoCredentials: the environment names what cannot be used.
    """
    async with AsyncExitStack() as stack:
        calls = await stack.enter_async_context(counted_calls())
        client = await stack.enter_async_context(
            open_fast_client(settings.region, variables, calls)
        )
        dynamodb = open_dynamodb(client)
        boto = await stack.enter_async_context(open_boto_reads(settings.region, calls))
        catalogue = await stack.enter_async_context(
            open_catalogue(boto, settings.products_table, refresh_seconds=CATALOGUE_REFRESH_SECONDS)
        )
        publisher: BatchedOrderPublisher | None = None
        if settings.sns_topic_arn is not None:
            publisher = BatchedOrderPublisher(open_sns(client), settings.sns_topic_arn)
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
            lister=OrderPages(boto, settings.orders_table, shards),
            publisher=publisher,
        )
