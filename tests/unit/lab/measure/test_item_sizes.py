from __future__ import annotations

from typing import Any

import pytest

from lab.measure.item_sizes import (
    LEASE,
    Index,
    OrderBytes,
    item_bytes,
    order_bytes,
    read_indexes,
    read_units,
    value_bytes,
    write_units,
)
from orders.ports import Lease
from tests.support.fake_shop import Calls, FakeShop
from tests.support.virtual_clock import virtual_time
from tests.unit.lab.measure.fakes import FakeDynamoDb, order_item
from tests.unit.orders.fakes import pending_order


@pytest.mark.parametrize(
    ("value", "size_bytes"),
    [
        ({"S": ""}, 0),
        ({"S": "naïve"}, 6),
        ({"N": "0"}, 1),
        ({"N": "7"}, 2),
        ({"N": "1999"}, 3),
        ({"N": "-1999"}, 3),
        ({"N": "19.99"}, 3),
        ({"N": "199900"}, 3),
        ({"N": "0.00001999"}, 3),
        ({"N": "1764320400250"}, 7),
        ({"B": b"\x00\x01\x02"}, 3),
        ({"BOOL": False}, 1),
        ({"NULL": True}, 1),
        ({"SS": ["a", "bc"]}, 3),
        ({"NS": ["1", "22"]}, 4),
        ({"BS": [b"a", b"bc"]}, 3),
        ({"L": []}, 3),
        ({"L": [{"S": "a"}, {"N": "7"}]}, 3 + (1 + 1) + (1 + 2)),
        ({"M": {}}, 3),
        ({"M": {"name": {"S": "a"}, "n": {"L": []}}}, 3 + (1 + 4 + 1) + (1 + 1 + 3)),
    ],
)
def test_each_type_takes_the_bytes_that_aws_says(value: dict[str, Any], size_bytes: int) -> None:
    assert value_bytes(value) == size_bytes


def test_an_item_is_its_names_and_its_values() -> None:
    assert item_bytes({"orderId": {"S": "o1"}, "größe": {"N": "12"}}) == (7 + 2) + (7 + 2)
    assert item_bytes({}) == 0


def test_a_type_that_dynamodb_does_not_have_is_an_error_and_not_nothing() -> None:
    with pytest.raises(ValueError, match="no attribute type 'X'"):
        value_bytes({"X": "1"})


@pytest.mark.parametrize(
    ("size_bytes", "units"), [(0, 1), (1, 1), (1024, 1), (1025, 2), (2048, 2), (409_600, 400)]
)
def test_a_write_costs_a_unit_for_each_kilobyte_begun(size_bytes: int, units: int) -> None:
    assert write_units(size_bytes) == units


@pytest.mark.parametrize(("size_bytes", "units"), [(0, 1), (4096, 1), (4097, 2), (8193, 3)])
def test_a_read_costs_a_unit_for_each_four_kilobytes_begun(size_bytes: int, units: int) -> None:
    assert read_units(size_bytes) == units


SETTLED = {"settledAt": "2025-11-28T09:00:03.500000Z"}
LEASE_BYTES = len("leaseOwner") + 32 + len("leaseExpiresAt") + 8
REASON_BYTES = len("failureReason") + len("OUT_OF_STOCK")


def sizes(item: dict[str, Any], *indexes: Index) -> OrderBytes:
    return order_bytes(item, indexes)


def test_an_order_was_smaller_when_it_was_inserted() -> None:
    pending = order_item("o1")
    assert sizes(pending).inserted == item_bytes(pending)
    assert sizes(order_item("o1", "COMPLETED", **SETTLED)).inserted == item_bytes(pending)
    failed = order_item("o1", "FAILED", failureReason="OUT_OF_STOCK", **SETTLED)
    assert sizes(failed).inserted == item_bytes(pending)


def test_an_order_is_at_its_largest_while_somebody_works_on_it() -> None:
    in_work = item_bytes(order_item("o1", "PROCESSING")) + LEASE_BYTES
    completed = order_item("o1", "COMPLETED", **SETTLED)
    failed = order_item("o1", "FAILED", failureReason="OUT_OF_STOCK", **SETTLED)
    assert sizes(completed).largest == in_work > item_bytes(completed)
    assert sizes(failed).largest == in_work + REASON_BYTES


def test_a_key_that_spreads_a_status_over_an_index_moves_with_the_status() -> None:
    pending, completed = (
        {**order_item("o1", status), "statusShard": {"S": f"{status}#07"}}
        for status in ("PENDING", "COMPLETED")
    )
    assert sizes(completed).inserted == item_bytes(pending) == item_bytes(completed) - 2 * 2


def test_an_index_entry_is_what_the_index_copies_and_both_keys() -> None:
    item = order_item("o1")
    keys = item_bytes({name: item[name] for name in ("orderId", "status", "createdAt")})
    index = Index(frozenset({"status", "createdAt"}), frozenset({"orderId"}), frozenset({"lines"}))
    assert sizes(item, index).index_entry == keys + item_bytes({"lines": item["lines"]})


def test_an_order_without_the_key_of_an_index_is_not_in_it() -> None:
    index = Index(frozenset({"shard"}), frozenset({"orderId"}), None)
    assert sizes(order_item("o1"), index).index_entry == 0


@pytest.mark.parametrize(
    ("projection", "copied"),
    [
        ({"ProjectionType": "ALL"}, None),
        ({"ProjectionType": "KEYS_ONLY"}, frozenset()),
        ({"ProjectionType": "INCLUDE", "NonKeyAttributes": ["lines"]}, frozenset({"lines"})),
    ],
)
def test_what_an_index_copies_is_read_from_the_deployed_table(
    projection: dict[str, Any], copied: frozenset[str] | None
) -> None:
    dynamodb = FakeDynamoDb({"orders": []})
    dynamodb.projection = projection
    assert read_indexes(dynamodb, "orders") == [
        Index(frozenset({"statusShard", "createdAt"}), frozenset({"orderId"}), copied)
    ]


@virtual_time
async def test_a_lease_is_as_long_as_the_services_write_it() -> None:
    shop = FakeShop({"a": 5})
    process = shop.process(calls=Calls.BATCHED)
    await process.inserter.insert(pending_order())
    await process.store.claim("1", Lease("0f" * 16, 1_764_320_460_251), 0)
    item = shop.orders.items["1"]
    assert item_bytes({name: item[name] for name in LEASE}) == item_bytes(LEASE) == LEASE_BYTES
