"""The receiver's ports in memory, and a receiver around them."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
from aiohttp import ClientResponse, ClientSession
from aiohttp.web import Application, AppRunner

from adapters.orders.pages import OrderPage
from orders.catalogue import Catalogue
from orders.errors import OrderBusy, OrderNotFound, Unavailable
from orders.lifecycle import SETTLED
from orders.model import FailureReason, Order, OrderStatus, Product
from orders.ports import ChargeOutcome, Claim, Lease
from orders.request import OrderRequest, parse_order_request
from receiver.app import create_app
from receiver.backend import Backend
from receiver.protocol import HEAD_SECONDS, listen
from receiver.settings import Settings

SETTINGS = Settings(
    port=8080,
    topology="async",
    orders_table="orders",
    products_table="products",
    payments_table="payments",
    payment_seconds=0.5,
    payment_concurrency=2,
    max_pending=2,
    lease_seconds=60,
    status_shards=10,
    drain_seconds=5,
    stop_timeout_seconds=10,
    log_level="INFO",
    region="us-west-2",
    sns_topic_arn="arn:aws:sns:us-west-2:123456789012:orders",
)
PRODUCTS = (
    Product(product_id="1", name="Mug", price_cents=2500, stock=10),
    Product(product_id="SKU-001", name="Lamp", price_cents=1999, stock=10),
)
GOOD = {"customer_id": 123, "items": [{"product_id": "SKU-001", "quantity": 1, "price": 19.99}]}


def order_with(**fields: Any) -> dict[str, Any]:
    """A good order with other or more fields."""
    return {**GOOD, **fields}


class FakeTable:
    """Orders in memory; `events` tells in which order things happened."""

    def __init__(self, events: list[str]) -> None:
        self.orders: dict[str, Order] = {}
        self.leases: dict[str, Lease] = {}
        self.down = False
        self._events = events

    async def insert(self, order: Order) -> bool:
        await self._answer()
        if order.order_id in self.orders:
            return False
        self.orders[order.order_id] = order
        self._events.append(f"stored {order.order_id}")
        return True

    async def get(self, order_id: str) -> Order | None:
        await self._answer()
        return self.orders.get(order_id)

    async def claim(self, order_id: str, lease: Lease, now_ms: int) -> Claim | Order:
        await self._answer()
        order = self.orders.get(order_id)
        if order is None:
            raise OrderNotFound(order_id)
        if order.status in SETTLED:
            return order
        held = self.leases.get(order_id)
        if held is not None and held.expires_at_ms >= now_ms:
            raise OrderBusy(order_id, (held.expires_at_ms - now_ms) / 1000)
        self.leases[order_id] = lease
        return Claim(self._write(order, status=OrderStatus.PROCESSING), lease)

    async def release(self, claim: Claim, now_ms: int) -> None:
        await self._answer()
        ended = Lease(claim.lease.owner, now_ms)
        self.leases[claim.order.order_id] = ended

    async def complete(self, claim: Claim, settled_at: str) -> Order:
        await self._answer()
        status = OrderStatus.COMPLETED
        return self._write(claim.order, status=status, settled_at=settled_at)

    async def decide_failure(self, claim: Claim, reason: FailureReason) -> None:
        raise NotImplementedError

    async def fail(self, claim: Claim, reason: FailureReason, settled_at: str) -> Order:
        await self._answer()
        status = OrderStatus.FAILED
        return self._write(claim.order, status=status, settled_at=settled_at, failure_reason=reason)

    async def page(self, status: OrderStatus, limit: int, cursor: str | None) -> OrderPage:
        await self._answer()
        found = [order for order in self.orders.values() if order.status is status]
        start = int(cursor or 0)
        end = start + limit
        return OrderPage(found[start:end], str(end) if end < len(found) else None)

    def _write(self, order: Order, **changes: Any) -> Order:
        self.orders[order.order_id] = msgspec.structs.replace(order, **changes)
        return self.orders[order.order_id]

    async def _answer(self) -> None:
        await asyncio.sleep(0)
        if self.down:
            raise Unavailable("orders table: secret-host refused the connection")


class FakeTopic:
    """Announcements in memory."""

    def __init__(self, events: list[str]) -> None:
        self.down = False
        self.open = asyncio.Event()
        self.open.set()
        self._events = events

    async def publish(self, order_id: str) -> None:
        await self.open.wait()
        if self.down:
            raise Unavailable("topic: refused")
        self._events.append(f"announced {order_id}")


class FakePayments:
    """Charges wait for `open`; each key is charged once."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.open.set()
        self.answers = ChargeOutcome.CHARGED
        self.silent = False
        self.charged: list[str] = []
        self.under_way = 0
        self.most_under_way = 0

    async def charge(self, idempotency_key: str, order_id: str, amount_cents: int) -> ChargeOutcome:
        assert order_id == idempotency_key
        assert amount_cents > 0
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await self.open.wait()
        finally:
            self.under_way -= 1
        if self.silent:
            raise Unavailable("no answer of payment")
        self.charged.append(idempotency_key)
        return self.answers

    async def refund(self, idempotency_key: str) -> None:
        raise NotImplementedError


@dataclass
class FakeCatalogue:
    current: Catalogue = field(default_factory=lambda: Catalogue(PRODUCTS))


@dataclass
class Receiver:
    """A running receiver with fakes for everything outside."""

    settings: Settings
    app: Application
    client: ClientSession
    port: int
    table: FakeTable
    topic: FakeTopic
    payments: FakePayments
    catalogue: FakeCatalogue
    events: list[str]

    async def order(self, path: str = "/orders", **fields: Any) -> ClientResponse:
        return await self.client.post(path, json=order_with(**fields))

    async def post(self, body: bytes, **headers: str) -> ClientResponse:
        headers = {"Content-Type": "application/json"} | headers
        return await self.client.post("/orders", data=body, headers=headers)


def order_request(**fields: Any) -> OrderRequest:
    """A good order with other or more fields, as it comes out of a request's body."""
    return parse_order_request(msgspec.json.encode(order_with(**fields)))


async def problem_of(response: ClientResponse) -> dict[str, Any]:
    """The problem document of an answer, checked for what every problem has."""
    assert response.content_type == "application/problem+json"
    document: dict[str, Any] = json.loads(await response.read())
    assert document["status"] == response.status
    assert document["type"].startswith("urn:flash-sale:problem:")
    assert document["title"]
    assert document["detail"]
    return document


def assert_names_order(response: ClientResponse, problem: dict[str, Any], order_id: str) -> None:
    """The answer says which order may be placed, in the document and as a place to look."""
    assert problem["order_id"] == order_id
    assert order_id in problem["detail"]
    assert response.headers["Location"] == f"/orders/{order_id}"


async def eventually(holds: Callable[[], object]) -> None:
    """Wait until `holds` is true."""
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0.001)


@asynccontextmanager
async def running_receiver(
    *, head_seconds: float = HEAD_SECONDS, **changes: Any
) -> AsyncIterator[Receiver]:
    """Run a receiver on a free port, its settings changed by `changes`."""
    settings = replace(SETTINGS, **changes)
    events: list[str] = []
    table, topic, payments = FakeTable(events), FakeTopic(events), FakePayments()
    catalogue = FakeCatalogue()
    backend = Backend(
        catalogue=catalogue,
        inserter=table,
        store=table,
        payments=payments,
        lister=table,
        publisher=None if settings.topology == "sync" else topic,
    )

    @asynccontextmanager
    async def open_backend(_settings: Settings) -> AsyncIterator[Backend]:
        yield backend
        events.append("backend closed")

    app = create_app(settings, open_backend)
    runner = AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            server = await listen(runner, listener, head_seconds=head_seconds)
            async with ClientSession(f"http://127.0.0.1:{port}") as client:
                yield Receiver(
                    settings, app, client, port, table, topic, payments, catalogue, events
                )
            server.close()
    finally:
        await runner.cleanup()
