"""By hand for single orders, and against what the services really write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import msgspec
import pytest

from adapters.payments.faults import NO_FAULTS, PaymentFaults
from lab.measure.audit import Sale
from lab.measure.item_sizes import OrderBytes, item_bytes, write_units
from lab.measure.ledgers import Ledgers, Payment, StoredOrder, read_ledgers
from lab.measure.order_writes import life_units, transaction_units, units_per_order
from orders.model import Order, OrderLine
from tests.support.fake_shop import Calls, FakeShop
from tests.support.virtual_clock import virtual_time
from tests.unit.lab.measure.fakes import FakeDynamoDb
from tests.unit.orders.fakes import pending_order

OUTPUTS = {"orders_table": "orders", "payments_table": "payments", "products_table": "products"}
SMALL = OrderBytes(inserted=400, largest=460, index_entry=430)


def stored(products: int = 1, status: str = "COMPLETED", sizes: OrderBytes = SMALL) -> StoredOrder:
    return StoredOrder(
        order_id="o1",
        status=status,
        created_at=0.0,
        settled_at=3.0,
        total_cents=100,
        units={str(number): 1 for number in range(products)},
        sizes=sizes,
    )


def sale(*orders: StoredOrder, payment: str = "CHARGED") -> Sale:
    named = {str(n): replace(order, order_id=str(n)) for n, order in enumerate(orders)}
    payments = [Payment(key, key, 100, payment) for key in named]
    return Sale((), named, payments, {}, {})


def test_one_order_of_one_product_writes_twelve_units() -> None:
    """Insert 1, claim 1, charge 1, completion of two items in a transaction 4, index 5."""
    assert units_per_order(sale(stored()), {}) == 12


@pytest.mark.parametrize(
    ("products", "kilobytes", "units"),
    [
        (20, 1, 50),
        (20, 2, 2 + 2 + 1 + 2 * (2 + 20) + 5 * 2),  # 59, not 50
        (99, 7, 7 + 7 + 1 + 2 * (7 + 99) + 5 * 7),  # 262
    ],
)
def test_a_larger_order_costs_by_its_size_at_each_of_its_writes(
    products: int, kilobytes: int, units: int
) -> None:
    size = kilobytes * 1024
    order = stored(products, sizes=OrderBytes(size, size, size))
    assert units_per_order(sale(order), {}) == units


def test_an_index_that_copies_less_costs_less() -> None:
    order = stored(20, sizes=OrderBytes(2048, 2048, index_entry=300))
    assert units_per_order(sale(order), {}) == 59 - 5


def test_one_byte_more_than_a_kilobyte_costs_a_unit_more_where_it_is_reached() -> None:
    at_rest = OrderBytes(inserted=1024, largest=1024, index_entry=1024)
    assert life_units(stored(sizes=at_rest)) == 11
    assert life_units(stored(sizes=replace(at_rest, inserted=1025))) == 11 + 1
    assert life_units(stored(sizes=replace(at_rest, largest=1025))) == 11 + 1 + 2
    assert life_units(stored(sizes=replace(at_rest, index_entry=1025))) == 11 + 5


def test_no_order_gets_cheaper_by_being_larger() -> None:
    units = [life_units(stored(sizes=OrderBytes(n, n, n))) for n in range(0, 9000, 100)]
    assert units == sorted(units)


@pytest.mark.parametrize(
    ("status", "reason", "units"),
    [
        ("PENDING", None, 1 + 1),
        ("PROCESSING", None, 1 + 1 + 3),
        ("COMPLETED", None, 1 + 1 + 4 + 5),
        ("FAILED", "OUT_OF_STOCK", 1 + 3 + 4 + 6),
        ("FAILED", "PAYMENT_DECLINED", 1 + 2 + 5),
    ],
)
def test_an_order_costs_what_it_went_through(status: str, reason: str | None, units: int) -> None:
    """The order's own writes, its transaction, written or cancelled, and its index entries."""
    settled_at = 3.0 if status in ("COMPLETED", "FAILED") else None
    order = replace(stored(status=status), failure_reason=reason, settled_at=settled_at)
    assert life_units(order) == units


def test_a_refund_is_one_write_more() -> None:
    order = replace(stored(), status="FAILED", failure_reason="OUT_OF_STOCK")
    assert units_per_order(sale(order, payment="REFUNDED"), {}) == 14 + 1 + 1


def test_requests_beyond_those_of_the_orders_lives_are_repeats_and_cost_again() -> None:
    both = sale(stored(), stored(products=3))
    base = units_per_order(both, {})
    needed = {f"dynamodb:{a}": 2 for a in ("UpdateItem", "PutItem", "TransactWriteItems")}
    assert units_per_order(both, needed) == base
    assert units_per_order(both, needed | {"dynamodb:PutItem": 4}) == base + 1
    assert units_per_order(both, needed | {"dynamodb:UpdateItem": 3}) == base + 0.5
    mean = (transaction_units(stored()) + transaction_units(stored(products=3))) / 2
    assert units_per_order(both, needed | {"dynamodb:TransactWriteItems": 3}) == base + mean / 2


def order_of(products: Sequence[str]) -> Order:
    lines = tuple(OrderLine(product, 1, 500) for product in products)
    return msgspec.structs.replace(pending_order(), items=lines, total_cents=500 * len(lines))


def seen(shop: FakeShop) -> Ledgers:
    tables = {"orders": shop.orders, "payments": shop.payments, "products": shop.products}
    items = {name: list(table.items.values()) for name, table in tables.items()}
    return read_ledgers(FakeDynamoDb(items), OUTPUTS)


def written_units(shop: FakeShop) -> int:
    """What AWS would charge for each write that there was, an index of everything included."""
    units = len(shop.payments.history)
    for change in shop.orders.history:
        before = change.before or {}
        each = write_units(max(item_bytes(before), item_bytes(change.after)))
        completed = change.after["status"]["S"] == "COMPLETED"
        units += 2 * each if completed else each
        moved = change.before is not None and before["status"] != change.after["status"]
        units += write_units(item_bytes(change.after)) * (2 if moved else 1)
    stocked = len(shop.products.items)
    return units + 2 * (len(shop.products.history) - stocked)


@virtual_time
@pytest.mark.parametrize("calls", Calls)
@pytest.mark.parametrize("lines", [1, 20])
@pytest.mark.parametrize("outcome", ["completed", "sold out", "declined"])
async def test_the_bill_charges_for_the_writes_that_the_services_make(
    calls: Calls, lines: int, outcome: str
) -> None:
    products = [f"SKU-{number:03d}" for number in range(lines)]
    shop = FakeShop(dict.fromkeys(products, 0 if outcome == "sold out" else 5))
    faults = PaymentFaults(decline_rate=1.0) if outcome == "declined" else NO_FAULTS
    process = shop.process(calls=calls, faults=faults)
    await process.inserter.insert(order_of(products))
    await process.fulfilment.fulfil("1")
    ledgers = seen(shop)
    order = ledgers.orders["1"]
    cancelled = transaction_units(order) if outcome == "sold out" else 0
    units = units_per_order(Sale((), ledgers.orders, ledgers.payments, {}, {}), {})
    assert units == written_units(shop) + cancelled
    assert (order.sizes.largest > 1024) == (lines > 1)
