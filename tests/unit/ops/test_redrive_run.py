"""Which way a stack's dead letters are moved, and which of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ops.redrive_run import Redriving
from tests.support.operator_aws import OperatorAws, text_attributes
from tests.unit.ops.stacks import StackOn

REASONS = ("order 1 does not exist", "Unreadable: no JSON", "unreadable: too long")


class SqsWithTasks:
    """An SQS that moves whole queues by itself, and does all else as the fake does."""

    def __init__(self, sqs: Any) -> None:
        self._sqs = sqs
        self.tasks: list[dict[str, Any]] = []

    def start_message_move_task(self, **request: Any) -> dict[str, Any]:
        self.tasks.append(request)
        return {"TaskHandle": "handle"}

    def list_message_move_tasks(self, **_: Any) -> dict[str, Any]:
        moved = {"ApproximateNumberOfMessagesMoved": 3, "ApproximateNumberOfMessagesToMove": 3}
        return {"Results": [{"Status": "COMPLETED", **moved}] if self.tasks else []}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sqs, name)


class Bench:
    def __init__(self) -> None:
        self.aws = OperatorAws()
        self.queue = self.aws.queue("orders")
        self.dead = self.aws.queue("dead")
        for reason in REASONS:
            self.dead.send("body", text_attributes(reason=reason))
        self.sqs = SqsWithTasks(self.aws.sqs())

    def redrive(self, reason: str | None, *, dry_run: bool, topic: bool = False) -> Redriving:
        outputs = {"topology": "async", "dlq_url": self.dead.url}
        outputs |= {"topic_arn": "arn"} if topic else {"queue_url": self.queue.url}
        stack = StackOn("a stack", outputs, "us-west-2", sqs=self.sqs, sns=self.aws.sns())
        work = Redriving(stack, reason, rate=50, dry_run=dry_run)
        work.run(lambda _done, _total: None)
        return work


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.aws.close()


def test_a_whole_queue_is_moved_by_sqs_itself(bench: Bench) -> None:
    work = bench.redrive(None, dry_run=False)
    assert [task["MaxNumberOfMessagesPerSecond"] for task in bench.sqs.tasks] == [50]
    assert work.tally.moved.total() == 3
    assert work.as_json()["move_task"] == "COMPLETED"


@pytest.mark.parametrize(
    ("reason", "dry_run", "topic"),
    [
        (None, True, False),
        ("unreadable", False, False),
        ("order", True, False),
        (None, False, True),
    ],
)
def test_sqs_moves_nothing_that_it_was_not_told_to(
    bench: Bench,
    reason: str | None,
    dry_run: bool,  # noqa: FBT001 - a parameter of the test
    topic: bool,  # noqa: FBT001 - the same
) -> None:
    bench.redrive(reason, dry_run=dry_run, topic=topic)
    assert bench.sqs.tasks == []


def test_a_reason_matches_whatever_its_case(bench: Bench) -> None:
    work = bench.redrive("UNREADABLE", dry_run=False)
    assert work.tally.moved == {REASONS[1]: 1, REASONS[2]: 1}
    assert len(bench.queue.messages) == 2


def test_a_dry_run_tells_what_would_be_moved(bench: Bench) -> None:
    told = bench.redrive("unreadable", dry_run=True).as_json()
    assert sum(told["matching"].values()) == 2
    assert sum(told["left"].values()) == 3
    assert told["at_end"] == {"visible": 3, "in_flight": 0}
    assert bench.queue.messages == []
