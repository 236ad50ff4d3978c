"""The order system's tables, topic and queue on the fake AWS, and the audit of what became of it.

Times are the running loop's: start it on a `VirtualClockLoop` and payments cost nothing.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from adapters.aws.fast.retries import RetryPolicy
from adapters.aws.statement_batcher import StatementBatcher
from adapters.orders.batched_store import BatchedOrderStore
from adapters.orders.inserter import BatchedOrderInserter
from adapters.orders.publisher import BatchedOrderPublisher
from adapters.orders.schema import StatusShards, Tables, order_from_item, product_from_item
from adapters.orders.store import DynamoOrderStore
from adapters.payments.faults import NO_FAULTS, PaymentFaults
from adapters.payments.gateway import RetryingPaymentGateway
from adapters.payments.ledger import BatchedLedger, DynamoLedger, Ledger
from adapters.payments.simulated_provider import SimulatedPaymentProvider
from orders.catalogue import Catalogue
from orders.fulfilment import Fulfilment
from orders.lifecycle import may_move
from orders.model import Order, OrderStatus
from orders.placement import OrderPlacement
from orders.ports import OrderStore, PaymentGateway
from tests.support.fake_aws.cloud import ONCE, Clients, FakeAws
from tests.support.fake_aws.queues import Mischief
from tests.support.fake_aws.tables import Index, Table
from tests.support.fake_aws.wire import Wire
from tests.support.virtual_clock import now

LEASE_SECONDS = 60.0
PAYMENT_SECONDS = 3.0
VISIBILITY_SECONDS = 180
PRICE_CENTS = 1999
SHARDS = StatusShards(10)
# What the status index holds beside its keys; a test of the program compares.
LISTED_ATTRIBUTES = frozenset(
    {
        "customerId",
        "lines",
        "totalCents",
        "status",
        "settledAt",
        "failureReason",
        "leaseExpiresAt",
    }
)


class Calls(StrEnum):
    """How a process writes: as the function and the receiver do, or as the processor does."""

    SINGLE = "one order a call"
    BATCHED = "many orders a call"


@dataclass(frozen=True)
class Shelf:
    """The catalogue as the products table has it at each moment."""

    products: Table

    @property
    def current(self) -> Catalogue:
        """The newest snapshot."""
        return Catalogue(map(product_from_item, self.products.items.values()))


@dataclass(frozen=True)
class Process:
    """One process of the shop: what it runs on, and what it does."""

    clients: Clients
    placement: OrderPlacement
    inserter: BatchedOrderInserter
    publisher: BatchedOrderPublisher
    store: OrderStore
    payments: PaymentGateway
    fulfilment: Fulfilment
    statements: StatementBatcher

    @property
    def wire(self) -> Wire:
        """What lies between the process and AWS."""
        return self.clients.wire

    async def aclose(self) -> None:
        """Stop in peace: send whatever waits."""
        for each in (self.inserter, self.publisher, self.statements, self.store):
            if hasattr(each, "aclose"):
                await each.aclose()


class FakeShop:
    """An order system with this stock; every product costs `PRICE_CENTS`."""

    def __init__(
        self,
        stock: Mapping[str, int],
        *,
        mischief: Mischief | None = None,
        transaction_seconds: float = 0.0,
    ) -> None:
        self.aws = FakeAws(now, mischief=mischief, transaction_seconds=transaction_seconds)
        index = {"status-index": Index("statusShard", "createdAt", LISTED_ATTRIBUTES)}
        self.orders = self.aws.create_table(Table("orders", "orderId", index))
        self.payments = self.aws.create_table(Table("payments", "idempotencyKey"))
        self.products = self.aws.create_table(Table("products", "productId"))
        self.queue = self.aws.create_queue("orders", visibility_seconds=VISIBILITY_SECONDS)
        self.topic = self.aws.create_topic("placed", self.queue)
        self._stock = dict(stock)
        for product_id, units in stock.items():
            self.products.put(
                {
                    "productId": {"S": product_id},
                    "name": {"S": f"Product {product_id}"},
                    "priceCents": {"N": str(PRICE_CENTS)},
                    "stock": {"N": str(units)},
                }
            )

    def process(
        self,
        wire: Wire | None = None,
        *,
        calls: Calls = Calls.SINGLE,
        faults: PaymentFaults = NO_FAULTS,
        source: random.Random | None = None,
        policy: RetryPolicy = ONCE,
    ) -> Process:
        """Start a process of its own; `source` decides which payments go wrong."""
        clients = self.aws.connect(wire, policy)
        dynamodb = clients.dynamodb
        tables = Tables("orders", "products", SHARDS)
        plain = DynamoLedger(dynamodb, "payments")
        ledger: Ledger = plain
        store = DynamoOrderStore(dynamodb, tables)
        statements = StatementBatcher(dynamodb)
        if calls is Calls.BATCHED:
            store = BatchedOrderStore(dynamodb, tables, statements)
            ledger = BatchedLedger(plain, statements)
        payments = SimulatedPaymentProvider(
            ledger, payment_seconds=PAYMENT_SECONDS, faults=faults, source=source, now=now
        )
        patient = RetryingPaymentGateway(
            payments, payment_seconds=PAYMENT_SECONDS, lease_seconds=LEASE_SECONDS
        )
        inserter = BatchedOrderInserter(dynamodb, "orders", SHARDS)
        return Process(
            clients=clients,
            placement=OrderPlacement(
                catalogue=Shelf(self.products), inserter=inserter, reader=store, now=now
            ),
            inserter=inserter,
            publisher=BatchedOrderPublisher(clients.sns, self.topic.arn),
            store=store,
            payments=payments,
            statements=statements,
            fulfilment=Fulfilment(
                store=store, payments=patient, lease_seconds=LEASE_SECONDS, now=now
            ),
        )

    def reprice(self, product_id: str, price_cents: int) -> None:
        """Let a product have another price from now on."""
        product = self.products.items[product_id]
        self.products.put({**product, "priceCents": {"N": str(price_cents)}})

    def delist(self, product_id: str) -> None:
        """Take a product out of the catalogue, with whatever stock it had."""
        del self.products.items[product_id]
        del self._stock[product_id]

    def order(self, order_id: str) -> Order:
        """Return an order as it is stored."""
        return order_from_item(self.orders.items[order_id])

    def all_orders(self) -> dict[str, Order]:
        """Return every order by id."""
        return {order_id: self.order(order_id) for order_id in self.orders.items}

    def stock_left(self) -> dict[str, int]:
        """Return the units left of each product."""
        return {product_id: self.products.number(product_id, "stock") for product_id in self._stock}

    def audit(self) -> None:
        """Assert what must be true at every moment, whatever happened so far."""
        self.audit_stock()
        self._audit_money()
        self._audit_moves()

    def audit_stock(self) -> None:
        """Assert that exactly the units of completed orders are gone."""
        expected = dict(self._stock)
        for order in self.all_orders().values():
            if order.status is OrderStatus.COMPLETED:
                for product_id, units in order.units_by_product().items():
                    if product_id in expected:
                        expected[product_id] -= units
        assert self.stock_left() == expected, "stock is not start less completed units"
        assert min(expected.values(), default=0) >= 0, "oversold"

    def _audit_money(self) -> None:
        orders = self.all_orders()
        ledger = {key: self.payments.text(key, "status") for key in self.payments.items}
        assert set(ledger) <= set(orders), "charged for something that is no order"
        for order_id, order in orders.items():
            paid = ledger.get(order_id)
            match order.status:
                case OrderStatus.COMPLETED:
                    assert paid == "CHARGED", f"{order_id} is completed and {paid}"
                    assert self.payments.number(order_id, "amountCents") == order.total_cents
                case OrderStatus.FAILED:
                    assert paid in {None, "REFUNDED", "DECLINED"}, f"{order_id} failed, and {paid}"
                case OrderStatus.PENDING:
                    assert paid is None, f"{order_id} is {paid} and nobody ever claimed it"

    def _audit_moves(self) -> None:
        for change in self.orders.history:
            status = OrderStatus(change.after["status"]["S"])
            assert change.after["statusShard"]["S"] == SHARDS.key(change.key, status), change.key
            if change.before is not None:
                source, target = (
                    OrderStatus(item["status"]["S"]) for item in (change.before, change.after)
                )
                assert may_move(source, target), f"{change.key}: {source} -> {target}"
        legal = {("", "CHARGED"), ("", "DECLINED"), ("CHARGED", "REFUNDED")}
        for change in self.payments.history:
            before = change.before["status"]["S"] if change.before else ""
            assert (before, change.after["status"]["S"]) in legal, f"ledger of {change.key}"
