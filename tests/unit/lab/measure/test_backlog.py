from __future__ import annotations

from lab.measure.backlog import Backlog, QueueBacklog, TableBacklog, backlog_source
from tests.unit.lab.measure.fakes import FakeDynamoDb, FakeQueue, order_item

ORDERS = [
    *(order_item(f"p{n}", "PENDING") for n in range(5)),
    *(order_item(f"w{n}", "PROCESSING") for n in range(3)),
    order_item("done", "COMPLETED"),
]


def test_the_queue_is_read_as_visible_and_in_flight() -> None:
    backlog = QueueBacklog(FakeQueue("queue", visible=40, in_flight=20), "queue").read()
    assert backlog == Backlog(waiting=40, in_work=20)
    assert backlog.total == 60


def test_the_table_counts_open_orders_over_all_pages() -> None:
    assert TableBacklog(FakeDynamoDb({"orders": ORDERS}), "orders").read() == Backlog(5, 3)


def test_a_topology_with_a_queue_is_read_at_its_queue_and_others_at_the_table() -> None:
    dynamodb, sqs = FakeDynamoDb({"orders": ORDERS}), FakeQueue("queue", 1, 0)
    outputs = {"orders_table": "orders"}
    with_queue = backlog_source(outputs | {"queue_url": "queue"}, sqs=sqs, dynamodb=dynamodb)
    without = backlog_source(outputs, sqs=sqs, dynamodb=dynamodb)
    assert with_queue.read() == Backlog(1, 0)
    assert without.read() == Backlog(5, 3)
