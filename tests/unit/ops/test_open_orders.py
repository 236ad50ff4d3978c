"""Which orders are stuck, and which may simply be waiting."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ops.open_orders import OpenOrder, OpenOrders, Why
from ops.resubmit import request_of
from orders import clock
from orders.catalogue import Catalogue
from orders.clock import timestamp
from orders.ids import content_hash
from orders.model import Product
from orders.request import parse_order_request
from tests.unit.lab.measure.fakes import order_item
from tests.unit.ops.stacks import PagedTable

NOW = 1_764_320_400.0


def open_order(created_at: float, order_id: str = "1", customer_id: str = "7") -> OpenOrder:
    lines = order_item("1")["lines"]["S"]
    return OpenOrder(order_id, "PENDING", customer_id, lines, created_at)


def orders_in(table: PagedTable, older_than: float = 300.0) -> OpenOrders:
    return OpenOrders(table, "orders", now=NOW, older_than=older_than)


def test_every_page_is_read() -> None:
    table = PagedTable([order_item("a"), order_item("b")], [], [order_item("c")])
    assert {order.order_id for order in orders_in(table).unbegun()} == {"a", "b", "c"}
    assert table.asked["IndexName"] == "status-index"


def test_the_limits_are_written_as_the_table_writes_them() -> None:
    table = PagedTable([])
    list(orders_in(table).unbegun())
    assert table.asked["ExpressionAttributeValues"] == {
        ":shard": {"S": "PENDING#19"},
        ":limit": {"S": clock.timestamp(NOW - 300)},
    }
    list(orders_in(table).abandoned())
    assert table.asked["ExpressionAttributeValues"] == {
        ":shard": {"S": "PROCESSING#19"},
        ":limit": {"N": str(int((NOW - 300) * 1000))},
    }


@pytest.mark.parametrize("moment", [0.0, 1.0, NOW, NOW + 0.000001, NOW + 0.25])
def test_moments_sort_with_those_that_the_receiver_wrote(moment: float) -> None:
    assert timestamp(moment) == clock.timestamp(moment)


@pytest.mark.parametrize(
    ("messages", "front_is_later_by", "why"),
    [
        (0, 0.0, Why.NO_MESSAGE),
        (0, 1000.0, Why.NO_MESSAGE),
        (1, float("-inf"), Why.WAITING),
        (1, 300.0, Why.WAITING),
        (1, 301.0, Why.OVERTAKEN),
    ],
)
def test_an_order_waits_while_the_queue_holds_messages_and_nobody_has_overtaken_it(
    messages: int, front_is_later_by: float, why: Why
) -> None:
    order = open_order(NOW - 1000)
    orders = orders_in(PagedTable())
    front = order.created_at + front_is_later_by
    assert orders.why_unbegun(order, messages=messages, front=front) is why


def test_a_short_age_does_not_make_the_queues_disorder_an_overtaking() -> None:
    order, orders = open_order(NOW - 1000), orders_in(PagedTable(), older_than=0)
    front = order.created_at + 59
    assert orders.why_unbegun(order, messages=1, front=front) is Why.WAITING
    assert orders.why_unbegun(order, messages=1, front=front + 2) is Why.OVERTAKEN


def test_the_front_is_the_newest_order_that_was_begun_whatever_became_of_it() -> None:
    def item(status: str, second: int) -> dict[str, Any]:
        return order_item(f"{second}", status, createdAt=f"2025-11-28T09:00:{second:02}.000000Z")

    table = PagedTable(
        [item("COMPLETED", 5), item("PENDING", 50), item("FAILED", 20)], [item("PROCESSING", 7)]
    )
    assert timestamp(orders_in(table).front()) == "2025-11-28T09:00:20.000000Z"
    assert orders_in(PagedTable([item("PENDING", 1)])).front() == float("-inf")


def test_a_resubmitted_request_is_the_same_order_to_the_receiver() -> None:
    order = open_order(NOW, "0199-a.b_c", "123")
    sent = parse_order_request(json.dumps(request_of(order)).encode())
    names = {str(item.product_id) for item in sent.items}
    shelf = Catalogue(Product(product_id=name, name=name, price_cents=1, stock=1) for name in names)
    lines = [(line.product_id, line.quantity) for line in shelf.price(sent.items)]
    assert sent.order_id == order.order_id
    assert lines == [("1", 2), ("SKU-001", 1), ("1", 1)]
    assert content_hash(str(sent.customer_id), lines) == content_hash("123", lines)
