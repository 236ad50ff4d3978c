from __future__ import annotations

import json
from pathlib import Path

from lab.measure.ledgers import Ledgers, StoredOrder
from lab.measure.notifications import NOTIFIED, Told, told_when_settled
from tests.unit.lab.measure.fake_system import FakeSystem


def ledgers(**statuses: str) -> Ledgers:
    orders = {
        name: StoredOrder(name, status, 0.0, 1.0, 100, {}) for name, status in statuses.items()
    }
    return Ledgers(orders, [], {})


def system(tmp_path: Path, *, tells: bool = True) -> FakeSystem:
    made = FakeSystem("serverless", tmp_path / "run")
    if tells:
        made.outputs["notify_failures_url"] = "queue"
    return made


def log(made: FakeSystem, *told: Told) -> None:
    lines = [
        json.dumps({"event": NOTIFIED, "order_id": each.order_id, "status": each.status})
        for each in told
    ]
    path = made.logs / "function-order-notifications-notify-function-1a2b3c4.log"
    path.write_text("\n".join([*lines, "START RequestId: 1"]) + "\n", encoding="utf-8")


def test_where_nobody_is_told_there_is_nothing_to_wait_for(tmp_path: Path) -> None:
    assert told_when_settled(system(tmp_path, tells=False), ledgers(a="COMPLETED")) is None


def test_what_customers_were_told_is_read_once_it_is_whole(tmp_path: Path) -> None:
    made = system(tmp_path)
    log(made, Told("a", "COMPLETED"), Told("b", "FAILED"))
    told = told_when_settled(made, ledgers(a="COMPLETED", b="FAILED", c="PENDING"))
    assert told == {Told("a", "COMPLETED"), Told("b", "FAILED")}


def test_the_wait_for_what_never_comes_has_an_end(tmp_path: Path) -> None:
    made = system(tmp_path)
    log(made, Told("a", "COMPLETED"))
    told = told_when_settled(made, ledgers(a="COMPLETED", b="FAILED"), longest_seconds=0.3)
    assert told == {Told("a", "COMPLETED")}
    assert made.checks > 1
