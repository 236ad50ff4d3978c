"""One pass over a dead-letter queue: what is told of it, and what it leaves when it is stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ops.calls import RateLimit, Unanswered
from ops.dead_letters import DeadLetter, DeadLetterQueue
from ops.redrive import LONGEST_FIRST_TIMEOUT_SECONDS, Redrive, Tally
from ops.redrive_routes import ToQueue
from tests.support.fake_aws.queues import Queue
from tests.support.fake_aws.wire import Fault, Wire
from tests.support.operator_aws import OperatorAws, text_attributes


class Bench:
    """A dead-letter queue and the queue that it belongs to."""

    def __init__(self) -> None:
        self.aws = OperatorAws()
        self.queue: Queue = self.aws.queue("orders")
        self.dead: Queue = self.aws.queue("dead")
        self.tally = Tally()
        self.shown: list[tuple[int, int]] = []

    def die(self, count: int, reason: str = "why") -> None:
        for _ in range(count):
            number = len(self.dead.messages)
            self.dead.send(f"body {number}", text_attributes(reason=reason))

    def redrive(
        self,
        *,
        wire: Wire | None = None,
        rate: float = 100.0,
        dry_run: bool = False,
        wanted: Callable[[DeadLetter], bool] = lambda _: True,
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        sqs = self.aws.sqs(wire)
        limit = RateLimit(rate, clock=self.aws.loop.time, sleep=sleep or self.aws.sleep)
        redrive = Redrive(
            DeadLetterQueue(sqs, self.dead.url),
            ToQueue(sqs, self.queue.url),
            limit,
            wanted=wanted,
            dry_run=dry_run,
        )
        redrive.run(self.tally, lambda done, total: self.shown.append((done, total)))

    def assert_all_visible(self) -> None:
        assert len(self.dead.visible()) == len(self.dead.messages)


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.aws.close()


def named(reason: str) -> Callable[[DeadLetter], bool]:
    return lambda letter: letter.reason == reason


def test_progress_is_told_against_what_there_was(bench: Bench) -> None:
    bench.die(25)
    bench.redrive()
    assert bench.shown == [(0, 25), (10, 25), (20, 25), (25, 25)]
    assert bench.tally.moved == {"why": 25}


def test_an_empty_queue_is_done_at_once(bench: Bench) -> None:
    bench.redrive()
    assert (bench.tally.seen, bench.shown) == (0, [(0, 0)])


def test_a_dry_run_moves_nothing_and_leaves_everything_visible(bench: Bench) -> None:
    bench.die(12, "wanted")
    bench.die(5, "other")
    bench.redrive(dry_run=True, wanted=named("wanted"))
    assert bench.tally.left == {"wanted": 12, "other": 5}
    assert bench.tally.matching == {"wanted": 12}
    assert bench.queue.messages == []
    assert len(bench.dead.messages) == 17
    bench.assert_all_visible()


def test_the_rate_is_kept(bench: Bench) -> None:
    bench.die(20)
    bench.redrive(rate=2)
    # The last two need no time after them; the empty look at the end takes a second itself.
    assert 9 <= bench.aws.loop.time() <= 12
    assert len(bench.queue.messages) == 20


def test_messages_that_are_left_cost_none_of_the_rate(bench: Bench) -> None:
    bench.die(500, "other")
    bench.redrive(rate=1, wanted=named("wanted"))
    assert bench.aws.loop.time() <= 2
    assert bench.tally.left.total() == 500


def test_no_one_else_is_kept_from_the_messages_for_longer_than_the_look(bench: Bench) -> None:
    bench.die(10)
    hidden: list[int] = []

    class Watched(Queue):
        def receive(self, most: int, visibility_seconds: float | None = None) -> Any:
            hidden.append(int(visibility_seconds or 0))
            return super().receive(most, visibility_seconds)

    bench.dead.__class__ = Watched
    bench.redrive(dry_run=True)
    bench.die(2000)
    bench.redrive(rate=1, wanted=named("nothing"))
    assert hidden[0] == 60
    assert max(hidden) == LONGEST_FIRST_TIMEOUT_SECONDS


def test_a_look_that_takes_longer_than_messages_are_hidden_ends_all_the_same(bench: Bench) -> None:
    bench.die(3000, "other")
    bench.die(20, "wanted")
    wire = Wire(latency=lambda: 1.0)
    bench.redrive(rate=10, wanted=named("wanted"), wire=wire)
    assert bench.tally.left == {"other": 3000}
    assert bench.tally.moved == {"wanted": 20}
    assert len(bench.queue.messages) == 20


def test_what_sqs_refuses_stays_is_told_and_is_visible(bench: Bench) -> None:
    bench.die(3)
    wire = Wire()
    wire.refuse_entries("SendMessageBatch", {1: "InvalidMessageContents"})
    bench.redrive(wire=wire)
    assert bench.tally.failed == {"why": 1}
    assert bench.tally.problems == {"InvalidMessageContents: as planned": 1}
    assert [message.body for message in bench.dead.messages] == ["body 1"]
    bench.assert_all_visible()


def test_each_delete_that_fails_is_tried_again_by_itself(bench: Bench) -> None:
    bench.die(3)
    wire = Wire()
    wire.refuse_entries("DeleteMessageBatch", {0: "InternalError", 2: "InternalError"})
    bench.redrive(wire=wire)
    assert bench.dead.messages == []
    assert wire.calls.count("DeleteMessageBatch") == 2
    assert bench.tally.not_deleted == 0


def test_a_message_that_cannot_be_deleted_is_told_and_not_sent_twice(bench: Bench) -> None:
    bench.die(2)

    def refuse_for_good(entries: list[dict[str, Any]]) -> dict[str, Any]:
        return {"Failed": [{"Id": e["Id"], "Code": "No", "SenderFault": True} for e in entries]}

    sqs = bench.aws.sqs()
    sqs.delete_message_batch = lambda **request: refuse_for_good(request["Entries"])
    rate = RateLimit(100, clock=bench.aws.loop.time, sleep=bench.aws.sleep)
    queue, route = DeadLetterQueue(sqs, bench.dead.url), ToQueue(sqs, bench.queue.url)
    Redrive(queue, route, rate, wanted=lambda _: True).run(bench.tally, lambda *_: None)
    assert bench.tally.not_deleted == 2
    assert len(bench.queue.messages) == 2
    bench.assert_all_visible()


def test_a_delete_that_nobody_answers_is_told_as_sent_and_not_deleted(bench: Bench) -> None:
    bench.die(10)
    # count, receive, send, delete
    with pytest.raises(Unanswered, match="deleting from https://sqs"):
        bench.redrive(wire=Wire(faults={3: Fault.BROKEN}))
    assert bench.tally.not_deleted == 10 == len(bench.queue.messages)
    bench.assert_all_visible()


def test_an_outage_leaves_what_was_not_moved_visible(bench: Bench) -> None:
    bench.die(25)
    # count, receive, send, delete, receive, send
    with pytest.raises(Unanswered, match="sending to https://sqs"):
        bench.redrive(wire=Wire(faults={5: Fault.BROKEN}))
    assert len(bench.queue.messages) == 10
    assert len(bench.dead.messages) == 15
    bench.assert_all_visible()


def test_an_interrupt_leaves_what_was_not_moved_visible(bench: Bench) -> None:
    bench.die(5, "other")
    bench.die(25, "wanted")

    def interrupted(_seconds: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bench.redrive(wanted=named("wanted"), sleep=interrupted)
    assert bench.tally.moved == {"wanted": 5} == {"wanted": len(bench.queue.messages)}
    assert len(bench.dead.messages) == 25
    bench.assert_all_visible()
