"""The handler in a process of its own, as one environment of the function, on the emulator."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.emulator import RunningEmulator
from tests.support.queue_shop import ROOT, QueueShop

pytestmark = pytest.mark.integration

STOCK = 1000
# Forks after the import, as the engine does, and handles one event a line of stdin.
ENVIRONMENT = """
import json, os, sys, time, traceback
from lambda_fn.order_events import handler
if os.fork():
    os.wait()
    os._exit(0)
for line in sys.stdin:
    began = time.perf_counter()
    try:
        answer = handler(json.loads(line), None)
    except Exception as error:
        answer = repr(error)
    print(json.dumps({"answer": answer, "seconds": time.perf_counter() - began}), flush=True)
"""


@dataclass(frozen=True)
class Invocations:
    """What came of some events: an answer each, and what was logged."""

    answers: list[Any]
    seconds: list[float]
    logged: list[dict[str, Any]]

    def named(self, event: str) -> list[dict[str, Any]]:
        return [entry for entry in self.logged if entry.get("event") == event]


@pytest.fixture
def shop(shared_emulator: RunningEmulator) -> QueueShop:
    shop = QueueShop(shared_emulator)
    shop.stock(STOCK)
    return shop


def event(*messages: str) -> dict[str, Any]:
    return {"Records": [{"EventSource": "aws:sns", "Sns": {"Message": m}} for m in messages]}


def announced(*order_ids: str) -> list[str]:
    return [json.dumps({"schema": 1, "order_id": order_id}) for order_id in order_ids]


def invoke(shop: QueueShop, *events: dict[str, Any], **changes: str) -> Invocations:
    """Handle the events one after the other in one environment."""
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-W", "error", "-c", ENVIRONMENT],
        env={**shop.environment(), "PYTHONPATH": str(ROOT), "PAYMENT_SECONDS": "0.5", **changes},
        input="".join(json.dumps(each) + os.linesep for each in events),
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert done.stderr == ""
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    answers = [line for line in lines if "answer" in line]
    return Invocations(
        [line["answer"] for line in answers],
        [line["seconds"] for line in answers],
        [line for line in lines if "event" in line],
    )


def test_all_orders_of_an_event_are_paid_at_once_and_each_once(shop: QueueShop) -> None:
    order_ids = shop.place(10)
    done = invoke(shop, event(*announced(*order_ids)), PAYMENT_SECONDS="2")
    assert done.answers == [{"orders": 10}]
    assert done.seconds[0] < 10 * 2 / 2, "one after the other they take 20 s"
    shop.assert_books_agree(order_ids, STOCK)


def test_an_event_that_comes_twice_pays_nothing_twice(shop: QueueShop) -> None:
    [order_id] = shop.place(1)
    again = event(*announced(order_id))
    done = invoke(shop, again, again)
    assert done.answers == [{"orders": 1}] * 2
    shop.assert_books_agree([order_id], STOCK)


def test_clients_are_made_once_and_the_calls_of_each_invocation_are_logged(
    shop: QueueShop,
) -> None:
    first, second = shop.place(2)
    done = invoke(shop, event(*announced(first)), event(*announced(second)))
    assert len(done.named("cold_start")) == 1
    once = {"dynamodb:UpdateItem": 1, "dynamodb:PutItem": 1, "dynamodb:TransactWriteItems": 1}
    assert [entry["calls"] for entry in done.named("aws_calls")] == [once, once]


def test_one_bad_record_fails_the_event_and_the_others_are_settled_all_the_same(
    shop: QueueShop,
) -> None:
    order_ids = shop.place(3)
    bodies = [*announced(*order_ids), "nonsense", *announced("nobody")]
    done = invoke(shop, event(*bodies))
    assert "OrderNotFound" in done.answers[0]
    assert "UnreadableMessage" in done.answers[0]
    shop.assert_books_agree(order_ids, STOCK)


def test_the_failure_of_a_record_is_raised_as_it_is(shop: QueueShop) -> None:
    """An operator chooses by it what to redrive."""
    done = invoke(shop, event(*announced("nobody")))
    assert done.answers == ["OrderNotFound('order nobody does not exist')"]


def test_wrong_settings_fail_every_invocation_with_what_is_wrong(shop: QueueShop) -> None:
    done = invoke(shop, event(), event(), PAYMENT_SECONDS="long", ORDERS_TABLE="")
    for answer in done.answers:
        assert "ORDERS_TABLE: is not set" in answer
        assert "PAYMENT_SECONDS = long: must be a number of seconds" in answer
