"""A batch of the queue, over the fake AWS."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from adapters.payments.faults import PaymentFaults
from lambda_fn.order_batch import MARGIN_SECONDS, OrderBatches
from lambda_fn.settings import QueueSettings
from orders.model import OrderStatus
from tests.support.fake_aws.cloud import VARIABLES
from tests.support.fake_aws.wire import Fault, Wire
from tests.support.fake_shop import FakeShop
from tests.support.logs import capture_logs
from tests.unit.lambda_fn.fake_environment import fail_every_try, reached
from tests.unit.lambda_fn.test_outbox import image

LONG = 30.0


class Batches:
    """A shop's function, and the orders that it works on."""

    def __init__(self, shop: FakeShop, wire: Wire, **settings: Any) -> None:
        self.shop = shop
        self.wire = wire
        self.dead_letters = shop.aws.create_queue("dead")
        self._batches = OrderBatches(
            QueueSettings(
                **{
                    "region": "us-west-2",
                    "log_level": "INFO",
                    "orders_table": "orders",
                    "payments_table": "payments",
                    "products_table": "products",
                    "payment_seconds": 0.0,
                    "lease_seconds": 30.0,
                    "status_shards": 10,
                    "dead_letter_queue_url": self.dead_letters.url,
                    **settings,
                }
            ),
            VARIABLES,
        )

    def place(self, *order_ids: str, **more: dict[str, str]) -> list[dict[str, str]]:
        """Store orders, and return the messages about them."""
        for order_id in order_ids:
            self.shop.orders.put({**image(order_id, OrderStatus.PENDING), **more})
        return [message(order_id) for order_id in order_ids]

    def fulfil(self, *messages: dict[str, str], seconds: float = LONG) -> list[str]:
        return self._batches.fulfil(messages, seconds)

    def status(self, order_id: str) -> str:
        return str(self.shop.orders.items[order_id]["status"]["S"])

    def close(self) -> None:
        self._batches.close()


def message(order_id: str) -> dict[str, str]:
    body = json.dumps({"schema": 1, "order_id": order_id})
    return {"messageId": f"m-{order_id}", "body": body}


@pytest.fixture
def shop() -> FakeShop:
    return FakeShop({"a": 100})


@pytest.fixture
def batches(shop: FakeShop) -> Iterator[Batches]:
    with reached(shop) as wire:
        batches = Batches(shop, wire)
        yield batches
        batches.close()


def test_a_batch_is_settled_in_a_handful_of_calls(batches: Batches) -> None:
    messages = batches.place(*(f"o-{number}" for number in range(10)))
    assert batches.fulfil(*messages) == []
    assert {batches.status(f"o-{number}") for number in range(10)} == {"COMPLETED"}
    assert batches.shop.products.items["a"]["stock"] == {"N": "90"}
    # Claims together, charges together, and one transaction for all.
    assert len(batches.wire.calls) <= 4


def test_a_message_of_an_order_that_is_settled_is_done_with(batches: Batches) -> None:
    (told,) = batches.place("o-1")
    assert batches.fulfil(told) == []
    assert batches.fulfil(told, told) == []
    assert batches.shop.products.items["a"]["stock"] == {"N": "99"}


def test_a_duplicate_of_an_order_in_work_stays_in_the_queue_and_is_no_error(
    batches: Batches,
) -> None:
    """The first may die with its environment, and then this one carries on."""
    lease = {"leaseOwner": {"S": "another"}, "leaseExpiresAt": {"N": str(10**15)}}
    (busy,) = batches.place("o-1", status={"S": "PROCESSING"}, **lease)
    (free,) = batches.place("o-2")
    with capture_logs() as logs:
        assert batches.fulfil(busy, free) == ["m-o-1"]
    assert batches.status("o-2") == "COMPLETED"
    assert {entry["level"] for entry in logs} == {"info"}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("no json", "unreadable: "),
        ('{"schema":7,"order_id":"o"}', "unreadable: schema 7 is not 1"),
        ("[" * 100_000, "unreadable: "),
        ('{"schema":1,"order_id":"nobody"}', "order nobody does not exist"),
    ],
)
def test_what_no_try_can_help_is_set_aside_with_its_reason(
    batches: Batches, body: str, reason: str
) -> None:
    (told,) = batches.place("o-1")
    assert batches.fulfil({"messageId": "bad", "body": body}, told) == []
    (kept,) = batches.dead_letters.messages
    assert kept.body == body
    assert kept.attributes["reason"]["StringValue"].startswith(reason)
    assert batches.status("o-1") == "COMPLETED"


def test_what_cannot_be_set_aside_stays_in_the_queue(batches: Batches) -> None:
    fail_every_try(batches.wire, Fault.BROKEN)
    assert batches.fulfil({"messageId": "bad", "body": "no json"}) == ["bad"]


def test_an_order_that_is_not_settled_in_time_is_cut_off_and_the_others_keep_their_answer(
    shop: FakeShop,
) -> None:
    hang = PaymentFaults(hang_rate=1.0)
    with reached(shop) as wire:
        batches = Batches(shop, wire, payment_faults=hang)
        done = message("settled")
        shop.orders.put(image("settled", OrderStatus.COMPLETED))
        (told,) = batches.place("o-1")
        assert batches.fulfil(told, done, seconds=MARGIN_SECONDS + 0.2) == ["m-o-1"]
        assert batches.status("o-1") == "PROCESSING"
        batches.close()


def test_a_table_that_does_not_answer_leaves_the_message_in_the_queue(batches: Batches) -> None:
    (told,) = batches.place("o-1")
    fail_every_try(batches.wire, Fault.BROKEN)
    assert batches.fulfil(told) == ["m-o-1"]
    assert batches.status("o-1") == "PENDING"
    assert batches.fulfil(told) == []
