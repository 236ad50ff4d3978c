"""A stack that is up, with orders and messages put into whatever state a failure would leave."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from adapters.orders.schema import StatusShards
from ops.__main__ import main
from ops.stack import Stack
from orders.clock import timestamp
from orders.ids import content_hash
from orders.model import OrderStatus
from tests.support.queue_shop import until

PRICE_CENTS = 2999
LONG_AGO_SECONDS = 3600.0


class Ward:
    """What an operator sees of one stack, and the commands."""

    def __init__(self, stack: Stack, outputs_file: Path) -> None:
        self.stack = stack
        self.outputs = stack.outputs
        self.outputs_file = outputs_file
        self.sqs = stack.client("sqs")
        self._dynamodb = stack.client("dynamodb")

    def put_orders(
        self,
        count: int,
        *,
        age: float = LONG_AGO_SECONDS,
        product: str = "1",
        leased_until: float | None = None,
        customer_hashed: str = "7",
        shards: int = 10,
    ) -> list[str]:
        """Store orders as nobody left them: PENDING, or PROCESSING under a lease (seconds ago).

        With another `customer_hashed` than 7, who ordered, nobody's repeat is recognised.
        """
        made = [uuid.uuid4().hex for _ in range(count)]
        for order_id in made:
            self.put_order(
                order_id,
                age=age,
                product=product,
                leased_until=leased_until,
                customer_hashed=customer_hashed,
                shards=shards,
            )
        return made

    def put_order(
        self,
        order_id: str,
        *,
        age: float = LONG_AGO_SECONDS,
        product: str = "1",
        leased_until: float | None = None,
        customer_hashed: str = "7",
        shards: int = 10,
    ) -> None:
        """Store one order, as a service does that is configured with so many shards."""
        line = {"product_id": product, "quantity": 1, "unit_price_cents": PRICE_CENTS}
        item = {
            "orderId": {"S": order_id},
            "customerId": {"S": "7"},
            "lines": {"S": json.dumps([line])},
            "totalCents": {"N": str(PRICE_CENTS)},
            "createdAt": {"S": timestamp(time.time() - age)},
            "contentHash": {"S": content_hash(customer_hashed, [(product, 1)])},
        }
        status = OrderStatus.PENDING if leased_until is None else OrderStatus.PROCESSING
        item["status"] = {"S": status}
        item["statusShard"] = {"S": StatusShards(shards).key(order_id, status)}
        if leased_until is not None:
            item |= {
                "leaseOwner": {"S": "a worker that is gone"},
                "leaseExpiresAt": {"N": str(int((time.time() + leased_until) * 1000))},
            }
        self._dynamodb.put_item(TableName=self.outputs["orders_table"], Item=item)

    def charge(self, order_id: str) -> None:
        """Charge an order, as a worker does that dies right after."""
        charge = {
            "idempotencyKey": {"S": order_id},
            "orderId": {"S": order_id},
            "amountCents": {"N": str(PRICE_CENTS)},
            "chargedAt": {"S": timestamp(time.time())},
            "status": {"S": "CHARGED"},
        }
        self._dynamodb.put_item(TableName=self.outputs["payments_table"], Item=charge)

    def statuses(self, order_ids: Iterable[str]) -> Counter[str]:
        """Return how many of these orders are in each status."""
        return Counter(self.item("orders", "orderId", each)["status"]["S"] for each in order_ids)

    def item(self, table: str, key: str, value: str) -> Any:
        """Return one item, empty when there is none."""
        found = self._dynamodb.get_item(
            TableName=self.outputs[f"{table}_table"], Key={key: {"S": value}}, ConsistentRead=True
        )
        return found.get("Item", {})

    def stock(self, product: str = "1") -> int:
        """Return the units left."""
        return int(self.item("products", "productId", product)["stock"]["N"])

    def charges(self) -> Counter[str]:
        """Return how often each order was charged: the ledger has one entry a key."""
        pages = self._dynamodb.get_paginator("scan").paginate(
            TableName=self.outputs["payments_table"], ConsistentRead=True
        )
        charged = [item for page in pages for item in page["Items"]]
        return Counter(item["orderId"]["S"] for item in charged if item["status"]["S"] == "CHARGED")

    def assert_paid_once(self, order_ids: Sequence[str], stock_before: int) -> None:
        """Wait until all are settled, then compare ledger and stock."""
        until(lambda: self.statuses(order_ids) == Counter(COMPLETED=len(order_ids)))
        charges = self.charges()
        assert {charges[each] for each in order_ids} == {1}
        assert self.stock() == stock_before - len(order_ids)

    def send(self, output: str, *bodies: str) -> None:
        """Send messages to the queue of an output."""
        for body in bodies:
            self.sqs.send_message(QueueUrl=self.outputs[output], MessageBody=body)

    @contextmanager
    def processor_held(self) -> Iterator[None]:
        """Hold the processor, so that messages wait."""
        pid = json.loads(self.outputs_file.read_text())["pids"]["processor-0"]
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def messages(self, output: str) -> tuple[int, int]:
        """Return how many messages of a queue are visible, and how many are hidden."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.sqs.get_queue_attributes(QueueUrl=self.outputs[output], AttributeNames=names)
        visible, hidden = (int(found["Attributes"][name]) for name in names)
        return visible, hidden


class Commands:
    """`lab` as an operator types it, in this process."""

    def __init__(
        self, ward: Ward, folder: Path, monkeypatch: pytest.MonkeyPatch, read: Callable[[], str]
    ) -> None:
        self._ward = ward
        self._folder = folder
        self._monkeypatch = monkeypatch
        self._read = read
        self.said = ""

    def __call__(self, command: str, *arguments: str) -> tuple[int, dict[str, Any]]:
        """Run a command on the ward's stack; return its exit code and its JSON."""
        path = self._folder / "done.json"
        path.unlink(missing_ok=True)
        options = ["--outputs", str(self._ward.outputs_file), "--json", str(path)]
        self._monkeypatch.setattr(sys, "argv", ["lab", command, *options, *arguments])
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        self.said = self._read()
        return code, json.loads(path.read_text()) if path.exists() else {}


def done_about(told: dict[str, Any]) -> dict[str, str]:
    """Return what a reconciliation did, by order id."""
    return {order["order_id"]: order["done"] for order in told["orders"]}


def announcement(order_id: str) -> str:
    """Return the message that stands for an order."""
    return json.dumps({"schema": 1, "order_id": order_id})
