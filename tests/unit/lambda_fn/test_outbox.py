"""The relay, over the fake AWS."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from adapters.aws.entries import ATTEMPTS
from adapters.aws.fast.retries import DEFAULT_POLICY as POLICY
from adapters.orders.schema import INSERTED_ATTRIBUTES, inserted_values
from lambda_fn.outbox import Outbox
from lambda_fn.settings import RelaySettings
from orders.model import Order, OrderLine, OrderStatus
from tests.support.fake_aws.cloud import VARIABLES
from tests.support.fake_aws.wire import Fault, Wire
from tests.support.fake_shop import SHARDS, FakeShop
from tests.unit.lambda_fn.fake_environment import reached


class Relay:
    """The relay of a shop, and what it passes on."""

    def __init__(self, shop: FakeShop, wire: Wire, *, machine: str | None = None) -> None:
        self.wire = wire
        self.executions = shop.aws.executions
        self.queue = shop.queue
        self.notifications = shop.aws.create_topic("notifications")
        self.unreadable = shop.aws.create_queue("unreadable")
        self._outbox = Outbox(
            RelaySettings(
                region="us-west-2",
                log_level="INFO",
                queue_url=None if machine else shop.queue.url,
                state_machine_arn=machine,
                topic_arn=self.notifications.arn,
                unreadable_queue_url=self.unreadable.url,
            ),
            VARIABLES,
        )

    def pass_on(self, *records: dict[str, Any]) -> list[str]:
        return self._outbox.pass_on(records)

    def queued(self) -> list[str]:
        return [json.loads(each.body)["order_id"] for each in self.queue.messages]

    def close(self) -> None:
        self._outbox.close()


@pytest.fixture
def relay() -> Iterator[Relay]:
    shop = FakeShop({})
    with reached(shop) as wire:
        relay = Relay(shop, wire)
        yield relay
        relay.close()


def image(order_id: str, status: OrderStatus, **more: dict[str, str]) -> dict[str, Any]:
    order = Order(
        order_id=order_id,
        customer_id="7",
        items=(OrderLine("a", 1, 500),),
        total_cents=500,
        status=status,
        created_at="2026-01-01T00:00:00.000000Z",
        content_hash="h",
    )
    return {**dict(zip(INSERTED_ATTRIBUTES, inserted_values(order, SHARDS), strict=True)), **more}


def record(number: int, event: str, item: dict[str, Any] | None) -> dict[str, Any]:
    change = {"SequenceNumber": str(number), "Keys": {"orderId": {"S": f"o-{number}"}}}
    if item is not None:
        change["NewImage"] = item
    return {"eventName": event, "eventID": f"e-{number}", "dynamodb": change}


def inserted(number: int) -> dict[str, Any]:
    return record(number, "INSERT", image(f"o-{number}", OrderStatus.PENDING))


def test_a_new_order_becomes_work_and_a_settled_one_a_notification(relay: Relay) -> None:
    failed = relay.pass_on(
        inserted(1),
        record(2, "MODIFY", image("o-2", OrderStatus.COMPLETED)),
        record(3, "MODIFY", image("o-3", OrderStatus.FAILED, failureReason={"S": "OUT_OF_STOCK"})),
    )
    assert failed == []
    assert relay.queued() == ["o-1"]
    assert [json.loads(each) for each in relay.notifications.published] == [
        {
            "order_id": "o-2",
            "customer_id": "7",
            "status": "COMPLETED",
            "total_cents": 500,
            "failure_reason": None,
            "schema": 1,
        },
        {
            "order_id": "o-3",
            "customer_id": "7",
            "status": "FAILED",
            "total_cents": 500,
            "failure_reason": "OUT_OF_STOCK",
            "schema": 1,
        },
    ]
    assert relay.notifications.attributes == [{"status": "COMPLETED"}, {"status": "FAILED"}]


def test_what_concerns_nobody_is_passed_over(relay: Relay) -> None:
    records = [
        record(1, "MODIFY", image("o-1", OrderStatus.PROCESSING)),
        record(2, "REMOVE", None),
        record(3, "INSERT", image("o-3", OrderStatus.PROCESSING)),
    ]
    assert relay.pass_on(*records) == []
    assert relay.wire.calls == []


def test_many_records_travel_in_tens(relay: Relay) -> None:
    assert relay.pass_on(*map(inserted, range(1, 26))) == []
    assert relay.queued() == [f"o-{number}" for number in range(1, 26)]
    assert relay.wire.calls == ["SendMessageBatch"] * 3


def test_what_was_not_taken_is_told_by_its_number_and_the_others_are_done(relay: Relay) -> None:
    relay.wire.refuse_entries("SendMessageBatch", {1: "InternalError"})
    for _ in range(ATTEMPTS - 1):  # tried again alone
        relay.wire.refuse_entries("SendMessageBatch", {0: "InternalError"})
    assert relay.pass_on(*map(inserted, range(1, 4))) == ["2"]
    assert relay.queued() == ["o-1", "o-3"]


@pytest.mark.parametrize(
    "item",
    [
        {"orderId": {"S": "o-9"}},
        image("not an id", OrderStatus.PENDING),
        {**image("o-9", OrderStatus.PENDING), "status": {"S": "LOST"}},
        {**image("o-9", OrderStatus.PENDING), "lines": {"S": "{"}},
        {**image("o-9", OrderStatus.PENDING), "totalCents": {"S": "much"}},
    ],
)
def test_what_no_try_can_read_is_set_aside_and_holds_up_nobody(
    relay: Relay, item: dict[str, Any]
) -> None:
    assert relay.pass_on(record(9, "INSERT", item), inserted(10)) == []
    assert relay.queued() == ["o-10"]
    (kept,) = [json.loads(each.body) for each in relay.unreadable.messages]
    assert kept["sequence_number"] == "9"
    assert kept["keys"] == {"orderId": {"S": "o-9"}}
    assert kept["reason"].startswith("no order")


MACHINE = "arn:aws:states:us-west-2:123456789012:stateMachine:workflow"


@pytest.fixture
def starter() -> Iterator[Relay]:
    """A relay that starts workflows."""
    shop = FakeShop({})
    with reached(shop) as wire:
        relay = Relay(shop, wire, machine=MACHINE)
        yield relay
        relay.close()


def test_a_new_order_starts_a_workflow_of_its_name_once(starter: Relay) -> None:
    assert starter.pass_on(inserted(1), inserted(2)) == []
    assert starter.pass_on(inserted(2), inserted(3)) == []  # again, which is as good
    assert starter.executions == {
        f"o-{number}": f'{{"order_id":"o-{number}"}}' for number in (1, 2, 3)
    }
    assert starter.queued() == []


def test_a_workflow_that_could_not_be_started_is_told_by_its_record(starter: Relay) -> None:
    for attempt in range(POLICY.attempts):
        starter.wire.fail_next(Fault.BROKEN, after=attempt)
    assert starter.pass_on(inserted(1)) == ["1"]
