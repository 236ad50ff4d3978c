from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lab.measure.drain import remainder_limit, take_remainder
from tests.unit.lab.measure.fake_system import FakeSystem
from tests.unit.lab.simulated import CONFIG


class WorkedQueue:
    """A queue with workers: each look at it, they finish one of the messages in their hands."""

    def __init__(self, bodies: list[str], in_hand: int = 0, given_back: int = 0) -> None:
        self.visible = dict(enumerate(bodies))
        self.in_hand = in_hand
        self.given_back = given_back
        self.taken = 0
        self.requests: list[dict[str, Any]] = []

    def receive_message(self, **request: Any) -> dict[str, Any]:
        self.requests.append(request)
        batch = sorted(self.visible)[: request["MaxNumberOfMessages"]]
        self.taken += len(batch)
        messages = [{"MessageId": str(i), "Body": self.visible.pop(i)} for i in batch]
        return {"Messages": messages} if messages else {}

    def get_queue_attributes(self, **_: Any) -> dict[str, Any]:
        if self.in_hand:
            self.in_hand -= 1
            if self.given_back:
                self.given_back -= 1
                self.visible[1_000 + self.given_back] = body(f"returned-{self.given_back}")
        return {
            "Attributes": {
                "ApproximateNumberOfMessages": str(len(self.visible)),
                "ApproximateNumberOfMessagesNotVisible": str(self.taken + self.in_hand),
            }
        }


def body(order_id: str) -> str:
    return json.dumps({"schema": 1, "order_id": order_id})


@pytest.fixture(autouse=True)
def short_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.measure.drain.REMAINDER_POLL_SECONDS", 0.001)


class WorkedSystem(FakeSystem):
    def __init__(self, queue: WorkedQueue, run_dir: Path) -> None:
        super().__init__("async", run_dir)
        self.worked = queue

    def client(self, service: str) -> Any:
        return self.worked if service == "sqs" else super().client(service)


def test_every_message_is_taken_and_its_order_named(tmp_path: Path) -> None:
    queue = WorkedQueue([body(f"order-{n}") for n in range(25)])
    taken = take_remainder(WorkedSystem(queue, tmp_path), limit_seconds=5)
    assert taken == {f"order-{n}" for n in range(25)}
    assert {request["VisibilityTimeout"] for request in queue.requests} == {43_200}


def test_the_workers_finish_what_they_have_in_hand(tmp_path: Path) -> None:
    queue = WorkedQueue([body("waiting")], in_hand=5)
    assert take_remainder(WorkedSystem(queue, tmp_path), limit_seconds=5) == {"waiting"}
    assert queue.in_hand == 0


def test_what_a_worker_gives_back_is_taken_too(tmp_path: Path) -> None:
    queue = WorkedQueue([body("waiting")], in_hand=4, given_back=2)
    taken = take_remainder(WorkedSystem(queue, tmp_path), limit_seconds=5)
    assert taken == {"waiting", "returned-0", "returned-1"}


def test_a_message_that_never_comes_back_is_not_among_the_taken(tmp_path: Path) -> None:
    queue = WorkedQueue([body("waiting")], in_hand=1_000_000)
    assert take_remainder(WorkedSystem(queue, tmp_path), limit_seconds=0.05) == {"waiting"}


@pytest.mark.parametrize("unreadable", ["", "[]", "null", '{"schema": 1}'])
def test_a_message_that_names_no_order_holds_nothing_up(unreadable: str, tmp_path: Path) -> None:
    queue = WorkedQueue([unreadable, body("waiting")])
    assert take_remainder(WorkedSystem(queue, tmp_path), limit_seconds=5) == {"waiting"}


def test_a_dead_process_ends_the_taking(tmp_path: Path) -> None:
    system = WorkedSystem(WorkedQueue([], in_hand=1_000_000), tmp_path)

    def check() -> None:
        raise RuntimeError("processor-0 died")

    system.check = check  # type: ignore[method-assign]
    with pytest.raises(RuntimeError, match="processor-0"):
        take_remainder(system, limit_seconds=5)


def test_a_message_may_be_hidden_once_more_and_then_be_paid(tmp_path: Path) -> None:
    system = FakeSystem("async", tmp_path)
    system.config = {**CONFIG, "visibilityTimeoutSeconds": "180", "paymentSeconds": "3"}
    assert remainder_limit(system) == 180 + 3 + 30
