from __future__ import annotations

from collections import Counter

import pytest

from adapters.orders.schema import StatusShards
from orders.ids import mint_order_id
from orders.model import OrderStatus
from orders.status_index import MAX_SHARDS, keys_of


@pytest.mark.parametrize(
    ("order_id", "count", "key"),
    [
        ("001", 10, "PENDING#03"),
        ("001", 20, "PENDING#03"),
        ("001", 1, "PENDING#00"),
        ("order-7", 10, "PENDING#08"),
        ("order-7", 20, "PENDING#18"),
        ("0199c2a4-7b1e-7cc3-98c4-dc0c0c07398f", 10, "PENDING#01"),
    ],
)
def test_an_order_has_the_same_shard_in_every_process_and_release(
    order_id: str, count: int, key: str
) -> None:
    assert StatusShards(count).key(order_id, OrderStatus.PENDING) == key


@pytest.mark.parametrize("count", [1, 2, 10, MAX_SHARDS])
@pytest.mark.parametrize("status", OrderStatus)
def test_every_shard_that_may_be_written_is_read(status: OrderStatus, count: int) -> None:
    written = {StatusShards(count).key(str(n), status) for n in range(2000)}
    assert len(written) == count
    assert written <= set(keys_of(status))


@pytest.mark.parametrize("ids", ["minted", "counted"])
def test_orders_spread_evenly(ids: str) -> None:
    made = [mint_order_id() if ids == "minted" else f"{n:06}" for n in range(10_000)]
    sizes = Counter(StatusShards(10).key(each, OrderStatus.PENDING) for each in made)
    # Eight standard deviations of a fair draw of 1,000: 30 each.
    assert all(abs(size - 1000) < 240 for size in sizes.values())


def test_status_and_shard_are_written_together() -> None:
    assert StatusShards(10).move("001", OrderStatus.FAILED) == {
        ":status": {"S": "FAILED"},
        ":shard": {"S": "FAILED#03"},
    }
