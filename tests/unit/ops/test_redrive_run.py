"""SQS's own redrive: started, watched, cancelled; and the ways in which SQS declines.

The emulator does not know these calls: what the stand-in answers is from the API's documentation.
"""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from ops.calls import Unanswered
from ops.redrive import Tally
from ops.redrive_run import ALL_REASONS, MoveTask, NoMoveTask
from terminal.errors import UserError

RUNNING, DONE = {"Status": "RUNNING"}, {"Status": "COMPLETED"}


def progress_of(moved: int, total: int, status: dict[str, str] = RUNNING) -> dict[str, Any]:
    numbers = {
        "ApproximateNumberOfMessagesMoved": moved,
        "ApproximateNumberOfMessagesToMove": total,
    }
    return {**numbers, **status}


class MovingSqs:
    """Answers as planned: one listing a call, the last one for ever."""

    def __init__(self, *listings: dict[str, Any], refusal: str | None = None) -> None:
        self.listings = list(listings)
        self.refusal = refusal
        self.started: dict[str, Any] = {}
        self.cancelled: list[str] = []

    def get_queue_attributes(self, **request: Any) -> dict[str, Any]:
        assert request["AttributeNames"] == ["QueueArn"]
        return {"Attributes": {"QueueArn": f"arn:{request['QueueUrl']}"}}

    def list_message_move_tasks(self, **request: Any) -> dict[str, Any]:
        assert request == {"SourceArn": "arn:dead", "MaxResults": 1}
        listing = self.listings.pop(0) if len(self.listings) > 1 else self.listings[0]
        return {"Results": [listing] if listing else []}

    def start_message_move_task(self, **request: Any) -> dict[str, Any]:
        if self.refusal:
            raise refused(self.refusal)
        self.started = request
        return {"TaskHandle": "handle"}

    def cancel_message_move_task(self, **request: Any) -> dict[str, Any]:
        self.cancelled.append(request["TaskHandle"])
        return {"ApproximateNumberOfMessagesMoved": 1}


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "StartMessageMoveTask")


def run(sqs: MovingSqs, tally: Tally, sleep: Any = lambda _: None) -> list[tuple[int, int]]:
    shown: list[tuple[int, int]] = []
    task = MoveTask(sqs, source_url="dead", target_url="orders", per_second=50, sleep=sleep)
    task.run(tally, lambda done, total: shown.append((done, total)))
    return shown


def test_the_task_moves_to_the_queue_by_name_at_the_rate_and_is_watched_to_its_end() -> None:
    sqs, tally = MovingSqs({}, progress_of(50, 120), progress_of(120, 120, DONE)), Tally()
    assert run(sqs, tally) == [(50, 120), (120, 120)]
    assert sqs.started == {
        "SourceArn": "arn:dead",
        "DestinationArn": "arn:orders",
        "MaxNumberOfMessagesPerSecond": 50,
    }
    assert tally.moved == {ALL_REASONS: 120}
    assert tally.task == "COMPLETED"
    assert sqs.cancelled == []


@pytest.mark.parametrize(
    "code", ["InvalidAction", "AWS.SimpleQueueService.UnsupportedOperation", "AccessDenied"]
)
def test_where_sqs_declines_the_caller_is_told_to_do_it_himself(code: str) -> None:
    with pytest.raises(NoMoveTask):
        run(MovingSqs({}, refusal=code), Tally())


def test_a_task_of_somebody_else_is_not_interfered_with() -> None:
    sqs = MovingSqs(progress_of(7, 9))
    with pytest.raises(UserError, match="being redriven already, 7 messages so far; wait"):
        run(sqs, Tally())
    assert sqs.started == {}


def test_an_earlier_task_that_has_ended_is_no_hindrance() -> None:
    tally = Tally()
    run(MovingSqs(progress_of(3, 3, DONE), progress_of(2, 2, DONE)), tally)
    assert tally.moved == {ALL_REASONS: 2}


def test_messages_that_come_back_are_not_moved_round_and_round() -> None:
    sqs = MovingSqs({}, progress_of(5, 10), progress_of(10, 10), progress_of(15, 10))
    run(sqs, Tally())
    assert sqs.cancelled == ["handle"]


def test_an_interrupt_cancels_the_task_and_tells_how_far_it_was() -> None:
    sqs, tally = MovingSqs({}, progress_of(5, 10), progress_of(6, 10)), Tally()
    naps = iter([None, KeyboardInterrupt()])

    def sleep(_seconds: float) -> None:
        if error := next(naps):
            raise error

    with pytest.raises(KeyboardInterrupt):
        run(sqs, tally, sleep)
    assert sqs.cancelled == ["handle"]
    assert tally.moved == {ALL_REASONS: 6}


def test_a_task_that_failed_says_why() -> None:
    failed = {"Status": "FAILED", "FailureReason": "AccessDenied"}
    with pytest.raises(Unanswered, match="moving the messages of dead: SQS says AccessDenied"):
        run(MovingSqs({}, progress_of(5, 10, failed)), Tally())


def test_throttling_is_no_reason_to_do_it_another_way() -> None:
    with pytest.raises(Unanswered, match="RequestThrottled"):
        run(MovingSqs({}, refusal="RequestThrottled"), Tally())
