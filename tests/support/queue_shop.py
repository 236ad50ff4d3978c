"""Tables and queues of a test's own on the emulator, orders in them, and processors at work."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.support.emulator import RunningEmulator

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 30
STOP_SECONDS = 60
PRICE_CENTS = 1999
KEYS = {"orders": "orderId", "payments": "idempotencyKey", "products": "productId"}
VARIABLES = {
    "PROCESSOR_CONCURRENCY": "20",
    "PAYMENT_SECONDS": "0.5",
    "LEASE_SECONDS": "30",
    "STATUS_SHARDS": "10",
    "VISIBILITY_TIMEOUT_SECONDS": "30",
    "VISIBILITY_EXTENSION_INTERVAL_SECONDS": "10",
    "DRAIN_SECONDS": "5",
    "STOP_TIMEOUT_SECONDS": "10",
    "LOG_LEVEL": "INFO",
}


@dataclass(frozen=True)
class ProcessorProcess:
    """A running `python -m processor`."""

    port: int
    log: Path
    popen: subprocess.Popen[bytes]

    def events(self) -> list[dict[str, Any]]:
        """What it has logged, oldest first."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def named(self, name: str) -> list[dict[str, Any]]:
        """The events of this name."""
        return [event for event in self.events() if event["event"] == name]

    def exit_code(self) -> int:
        """Wait for its end."""
        return self.popen.wait(STOP_SECONDS)

    def kill(self) -> None:
        """End it, whatever it does."""
        with suppress(ProcessLookupError):
            self.popen.kill()
        self.popen.wait()


class QueueShop:
    """What a processor works on."""

    def __init__(self, emulator: RunningEmulator, *, visibility_seconds: int = 30) -> None:
        self._emulator = emulator
        self._name = f"shop-{uuid.uuid4().hex[:8]}"
        self._dynamodb = emulator.client("dynamodb")
        self._sqs = emulator.client("sqs")
        for table, key in KEYS.items():
            self._dynamodb.create_table(
                TableName=self._table(table),
                KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
                BillingMode="PAY_PER_REQUEST",
            )
        self.dead_letters = self._create_queue("dead", {})
        policy = {"deadLetterTargetArn": self._arn(self.dead_letters), "maxReceiveCount": 5}
        self.queue = self._create_queue(
            "orders",
            {
                "VisibilityTimeout": str(visibility_seconds),
                "RedrivePolicy": json.dumps(policy),
            },
        )

    def environment(self) -> dict[str, str]:
        """The variables of a processor that works here."""
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            **self._emulator.environment(),
            **VARIABLES,
            "SQS_QUEUE_URL": self.queue,
            "DLQ_URL": self.dead_letters,
            **{f"{table.upper()}_TABLE": self._table(table) for table in KEYS},
        }

    def stock(self, units: int, product_id: str = "1") -> None:
        """Put units of a product on the shelf."""
        item = {"productId": {"S": product_id}, "stock": {"N": str(units)}}
        self._dynamodb.put_item(TableName=self._table("products"), Item=item)

    def order(self, count: int) -> list[str]:
        """Place and announce so many orders of one unit; return their ids."""
        order_ids = self.place(count)
        self.announce(order_ids)
        return order_ids

    def place(self, count: int) -> list[str]:
        """Place so many orders of one unit and tell nobody; return their ids."""
        order_ids = [uuid.uuid4().hex for _ in range(count)]
        for start in range(0, count, 25):
            puts = [
                {"PutRequest": {"Item": _pending(order_id)}}
                for order_id in order_ids[start : start + 25]
            ]
            self._dynamodb.batch_write_item(RequestItems={self._table("orders"): puts})
        return order_ids

    def announce(self, order_ids: Iterable[str]) -> None:
        """Send the messages of orders that were placed."""
        self.send(json.dumps({"schema": 1, "order_id": each}) for each in order_ids)

    def send(self, bodies: Iterable[str]) -> None:
        """Send messages."""
        waiting = list(bodies)
        for start in range(0, len(waiting), 10):
            entries = [
                {"Id": str(n), "MessageBody": body}
                for n, body in enumerate(waiting[start : start + 10])
            ]
            self._sqs.send_message_batch(QueueUrl=self.queue, Entries=entries)

    def statuses(self) -> list[str]:
        """The status of every order."""
        return [item["status"]["S"] for item in self._items("orders")]

    def charged_at(self) -> list[float]:
        """When each charge was made, in epoch seconds, the first one first."""
        texts = [item["chargedAt"]["S"] for item in self._items("payments")]
        return sorted(datetime.fromisoformat(text).timestamp() for text in texts)

    def ledger(self) -> dict[str, str]:
        """What became of each idempotency key: CHARGED, DECLINED or REFUNDED."""
        items = self._items("payments")
        return {item["idempotencyKey"]["S"]: item["status"]["S"] for item in items}

    def charged(self) -> list[str]:
        """The orders that were charged and not refunded."""
        paid = [item for item in self._items("payments") if item["status"]["S"] == "CHARGED"]
        return [item["orderId"]["S"] for item in paid]

    def stock_left(self) -> int:
        """Units left of all products."""
        return sum(int(item["stock"]["N"]) for item in self._items("products"))

    def waiting(self) -> tuple[int, int]:
        """How many messages are visible and how many are not."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self._sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=names)
        visible, invisible = (int(found["Attributes"][name]) for name in names)
        return visible, invisible

    def set_aside(self) -> list[tuple[str, str]]:
        """Body and reason of every message in the dead-letter queue; takes them out."""
        found = self._sqs.receive_message(
            QueueUrl=self.dead_letters, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )
        return [
            (each["Body"], each["MessageAttributes"]["reason"]["StringValue"])
            for each in found.get("Messages", [])
        ]

    def receive_one(self) -> str:
        """Take a message as somebody else would, for the visibility time-out."""
        found = self._sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=1)
        return str(found["Messages"][0]["Body"])

    def assert_books_agree(self, order_ids: list[str], stock: int) -> None:
        """Nothing lost, nothing paid twice, nothing oversold."""
        assert self.statuses() == ["COMPLETED"] * len(order_ids)
        assert sorted(self.charged()) == sorted(order_ids)
        assert self.stock_left() == stock - len(order_ids)

    def _create_queue(self, name: str, attributes: Mapping[str, str]) -> str:
        made = self._sqs.create_queue(QueueName=f"{self._name}-{name}", Attributes=attributes)
        return str(made["QueueUrl"])

    def _arn(self, queue_url: str) -> str:
        names = ["QueueArn"]
        found = self._sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=names)
        return str(found["Attributes"]["QueueArn"])

    def _table(self, name: str) -> str:
        return f"{self._name}-{name}"

    def _items(self, table: str) -> list[dict[str, Any]]:
        pages = self._dynamodb.get_paginator("scan").paginate(TableName=self._table(table))
        return [item for page in pages for item in page["Items"]]


def _pending(order_id: str) -> dict[str, Any]:
    line = {"product_id": "1", "quantity": 1, "unit_price_cents": PRICE_CENTS}
    return {
        "orderId": {"S": order_id},
        "customerId": {"S": "1"},
        "lines": {"S": json.dumps([line])},
        "totalCents": {"N": str(PRICE_CENTS)},
        "status": {"S": "PENDING"},
        "statusShard": {"S": "PENDING#00"},
        "createdAt": {"S": "2024-01-01T00:00:00.000000Z"},
        "contentHash": {"S": "hash"},
    }


def start_process(
    command: Sequence[str], variables: Mapping[str, str], port: int, log: Path, *, wait: bool = True
) -> ProcessorProcess:
    """Start a consumer, and wait until it serves."""
    with log.open("wb") as output:
        popen = subprocess.Popen(  # noqa: S603 - our own modules
            command,
            env={**variables, "PORT": str(port)},
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    process = ProcessorProcess(port, log, popen)
    if wait:
        until(lambda: '"event":"ready"' in log.read_text() or popen.poll() is not None)
        assert popen.poll() is None, log.read_text()
    return process


def start_processor(
    variables: Mapping[str, str], port: int, log: Path, *, wait: bool = True
) -> ProcessorProcess:
    """Start `python -m processor`, and wait until it serves."""
    return start_process([sys.executable, "-m", "processor"], variables, port, log, wait=wait)


def until(condition: Callable[[], object], seconds: float = START_SECONDS) -> None:
    """Return once the condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)
