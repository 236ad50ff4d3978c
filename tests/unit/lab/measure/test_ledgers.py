from __future__ import annotations

import pytest

from lab.measure.item_sizes import LEASE, OrderBytes, item_bytes
from lab.measure.ledgers import Payment, epoch_seconds, read_ledgers
from tests.unit.lab.measure.fakes import FakeDynamoDb, order_item

OUTPUTS = {"orders_table": "orders", "payments_table": "payments", "products_table": "products"}
NINE = 1_764_320_400.0


def test_the_three_tables_are_read_whole_over_all_pages() -> None:
    settled = {"settledAt": "2025-11-28T09:00:03.500000Z", "failureReason": "OUT_OF_STOCK"}
    open_orders = [order_item(f"o{n}") for n in range(4)]
    dynamodb = FakeDynamoDb(
        {
            "orders": [*open_orders, order_item("last", "FAILED", **settled)],
            "payments": [
                {
                    "idempotencyKey": {"S": "o1"},
                    "orderId": {"S": "o1"},
                    "amountCents": {"N": "600"},
                    "status": {"S": "CHARGED"},
                    "chargedAt": {"S": "2025-11-28T09:00:03.000000Z"},
                }
            ],
            "products": [
                {"productId": {"S": "1"}, "stock": {"N": "25"}},
                {"productId": {"S": "catalogue#1"}, "name": {"S": "One"}},
            ],
        }
    )
    ledgers = read_ledgers(dynamodb, OUTPUTS)
    assert sorted(ledgers.orders) == ["last", "o0", "o1", "o2", "o3"]
    assert ledgers.payments == [Payment("o1", "o1", 600, "CHARGED")]
    assert ledgers.stock == {"1": 25}

    last = ledgers.orders["last"]
    assert last.settled
    assert last.created_at == NINE + 0.25
    assert last.settled_at == NINE + 3.5
    assert last.failure_reason == "OUT_OF_STOCK"
    assert last.total_cents == 600
    assert last.units == {"1": 3, "SKU-001": 1}
    assert not ledgers.orders["o0"].settled

    # What somebody worked on had a lease, and the reason already; the index copies everything.
    reason = len("failureReasonOUT_OF_STOCK")
    in_work, failed = (order_item("last", status) for status in ("PROCESSING", "FAILED"))
    assert last.sizes == OrderBytes(
        inserted=item_bytes(order_item("last")),
        largest=item_bytes(in_work) + item_bytes(LEASE) + reason,
        index_entry=item_bytes(failed) + reason + len("settledAt") + 27,
    )


def test_a_timestamp_without_zone_is_refused_as_its_moment_is_unknown() -> None:
    assert epoch_seconds("2025-11-28T10:00:00+01:00") == NINE
    with pytest.raises(ValueError, match="without zone"):
        epoch_seconds("2025-11-28T09:00:00")
