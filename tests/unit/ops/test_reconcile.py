"""What a reconciliation does about which order, and what it tells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ops.reconcile import Reconciler, Reconciliation, as_json
from orders.clock import timestamp
from orders.message import decode_order_placed
from tests.support.fake_aws.wire import Wire
from tests.support.operator_aws import OperatorAws
from tests.unit.lab.measure.fakes import order_item
from tests.unit.ops.stacks import PagedTable, StackOn

NOW = 1_764_320_400.0


def item(order_id: str, status: str, age: float) -> dict[str, Any]:
    made = order_item(order_id, status, createdAt=timestamp(NOW - age))
    if status == "PROCESSING":
        made["leaseExpiresAt"] = {"N": str(int((NOW - age) * 1000))}
    return made


class Bench:
    """A stack with two orders never begun, one abandoned, and one settled long after the first."""

    def __init__(self) -> None:
        self.aws = OperatorAws()
        self.queue = self.aws.queue("orders")
        self.dead = self.aws.queue("dead")
        self.wire = Wire()
        self.heard = self.aws.queue("heard")
        self.table = PagedTable(
            [item("overtaken", "PENDING", 9000), item("waiting", "PENDING", 400)],
            [item("abandoned", "PROCESSING", 2000), item("settled", "COMPLETED", 350)],
        )

    def reconcile(self, *, dry_run: bool = False, force: bool = False) -> dict[str, Any]:
        outputs = {
            "topology": "async",
            "orders_table": "orders",
            "queue_url": self.queue.url,
            "dlq_url": self.dead.url,
            "topic_arn": self.aws.topic("orders", self.heard),
        }
        stack = StackOn(
            "a stack",
            outputs,
            "us-west-2",
            sqs=self.aws.sqs(),
            sns=self.aws.sns(self.wire),
            dynamodb=self.table,
        )
        self.work = Reconciliation(older_than=300, dry_run=dry_run, force=force, now=NOW)
        Reconciler(stack, rate=100).run(self.work, lambda _done, _total: None)
        return as_json(self.work, stack)

    def republished(self) -> set[str]:
        return {decode_order_placed(message.body).order_id for message in self.heard.messages}


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.aws.close()


def done(told: dict[str, Any]) -> dict[str, tuple[str, str]]:
    return {order["order_id"]: (order["why"], order["done"]) for order in told["orders"]}


def test_with_an_empty_queue_every_open_order_is_republished_the_oldest_first(bench: Bench) -> None:
    told = bench.reconcile()
    assert list(done(told).items()) == [
        ("overtaken", ("no_message", "republished")),
        ("abandoned", ("lease_ended", "republished")),
        ("waiting", ("no_message", "republished")),
    ]
    assert bench.republished() == {"overtaken", "abandoned", "waiting"}


def test_while_the_queue_holds_messages_what_may_wait_is_left_alone(bench: Bench) -> None:
    bench.queue.send("of some order")
    bench.dead.send("of another")
    told = bench.reconcile()
    assert done(told) == {
        "overtaken": ("overtaken", "republished"),
        "abandoned": ("lease_ended", "republished"),
        "waiting": ("waiting", "left"),
    }
    assert bench.republished() == {"overtaken", "abandoned"}
    assert (told["messages_in_queue"], told["dead_letters"]) == (1, 1)


def test_a_message_in_flight_counts_as_one_that_waits(bench: Bench) -> None:
    bench.queue.send("of some order")
    bench.aws.sqs().receive_message(QueueUrl=bench.queue.url)
    assert done(bench.reconcile())["waiting"] == ("waiting", "left")


def test_force_announces_what_may_wait_as_well(bench: Bench) -> None:
    bench.queue.send("of some order")
    assert done(bench.reconcile(force=True))["waiting"] == ("waiting", "republished")
    assert bench.republished() == {"overtaken", "abandoned", "waiting"}


def test_a_dry_run_announces_nothing(bench: Bench) -> None:
    told = bench.reconcile(dry_run=True)
    assert {each[1] for each in done(told).values()} == {"none"}
    assert bench.republished() == set()


def test_an_order_that_could_not_be_republished_makes_the_whole_a_failure(bench: Bench) -> None:
    bench.reconcile()
    assert not bench.work.failed
    bench.wire.refuse_entries("PublishBatch", {0: "InvalidParameter"})
    told = bench.reconcile()
    assert done(told)["overtaken"] == ("no_message", "failed")
    assert told["orders"][0]["told"] == "InvalidParameter: as planned"
    assert bench.work.failed


def test_a_topology_without_a_queue_has_nothing_that_could_wait(bench: Bench) -> None:
    bench.queue.send("of some order")
    outputs = {"topology": "serverless", "orders_table": "orders", "topic_arn": "arn"}
    stack = StackOn("a stack", outputs, "us-west-2", sqs=bench.aws.sqs(), dynamodb=bench.table)
    work = Reconciliation(older_than=300, dry_run=True, force=False, now=NOW)
    Reconciler(stack, rate=100).run(work, lambda _done, _total: None)
    assert {finding.why.name for finding in work.findings} == {"NO_MESSAGE", "LEASE_ENDED"}
