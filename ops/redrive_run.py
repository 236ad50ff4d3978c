"""A redrive of one stack: by SQS itself where that is possible, else message by message."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from botocore.exceptions import ClientError

from ops.calls import RateLimit, Unanswered, calling, error_code
from ops.dead_letters import DeadLetter, DeadLetterQueue
from ops.redrive import Progress, Redrive, Tally
from ops.redrive_routes import Route, ToQueue, notifications_of, route_of
from ops.stack import QueueDepth, Stack
from terminal.errors import UserError

POLL_SECONDS = 1.0
# An action that is unknown (the emulator), not allowed to this identity, or not for this queue.
NOT_THIS_WAY = {
    "AccessDenied",
    "AccessDeniedException",
    "AWS.SimpleQueueService.UnsupportedOperation",
    "InvalidAction",
    "InvalidParameterValue",
    "UnknownOperationException",
    "UnsupportedOperation",
}
ALL_REASONS = "all reasons"
# A dry run sends nothing that would have to be bounded.
LOOKING_PER_SECOND = 500


class NoMoveTask(Exception):
    """SQS cannot do it here: move the messages oneself."""


class MoveTask:
    """Moves everything from one queue to another by SQS's own task, at a bounded rate."""

    def __init__(
        self,
        sqs: Any,
        *,
        source_url: str,
        target_url: str,
        per_second: int,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._sqs = sqs
        self._source_url = source_url
        self._target_url = target_url
        self._per_second = per_second
        self._sleep = sleep
        self._source_arn = ""

    def run(self, tally: Tally, progress: Progress) -> None:
        """Start the task and watch it to its end; an interrupt cancels it.

        Raises:
            NoMoveTask: nothing was done, SQS does not offer it here.
            UserError: somebody else's task is running.
            Unanswered: SQS gave up, or did not answer.
        """
        with calling(f"moving the messages of {self._source_url}"):
            handle = self._start()
            try:
                self._watch(handle, tally, progress)
            except KeyboardInterrupt:
                self._cancel(handle)
                self._note(self._newest(), tally)
                raise

    def _start(self) -> str:
        try:
            self._source_arn = self._arn(self._source_url)
            running = self._newest()
            if running.get("Status") == "RUNNING":
                raise UserError(
                    f"{self._source_url} is being redriven already, "
                    f"{running.get('ApproximateNumberOfMessagesMoved', 0)} messages so far; wait "
                    "for its end (aws sqs list-message-move-tasks), or cancel it"
                )
            # The target is named: what the processor put into the queue itself has no source that
            # SQS could find, and the task would fail with CouldNotDetermineMessageSource.
            started = self._sqs.start_message_move_task(
                SourceArn=self._source_arn,
                DestinationArn=self._arn(self._target_url),
                MaxNumberOfMessagesPerSecond=self._per_second,
            )
        except ClientError as error:
            if error_code(error) in NOT_THIS_WAY:
                raise NoMoveTask(error_code(error)) from None
            raise
        return str(started["TaskHandle"])

    def _watch(self, handle: str, tally: Tally, progress: Progress) -> None:
        enough = False
        while True:
            self._sleep(POLL_SECONDS)
            task = self._newest()
            moved, total = self._note(task, tally)
            progress(moved, max(moved, total))
            if task.get("Status") != "RUNNING":
                break
            # What cannot be handled comes back at once and would be moved round and round.
            if enough:
                self._cancel(handle)
                break
            enough = bool(total) and moved >= total
        if task.get("Status") == "FAILED":
            reason = task.get("FailureReason", "no reason given")
            raise Unanswered(f"moving the messages of {self._source_url}: SQS says {reason}")

    def _newest(self) -> Mapping[str, Any]:
        found = self._sqs.list_message_move_tasks(SourceArn=self._source_arn, MaxResults=1)
        results = found.get("Results", [])
        return results[0] if results else {}

    def _note(self, task: Mapping[str, Any], tally: Tally) -> tuple[int, int]:
        """Note how far the task is; return the messages moved, and how many there were."""
        moved = int(task.get("ApproximateNumberOfMessagesMoved") or 0)
        tally.moved[ALL_REASONS] = moved
        tally.task = str(task.get("Status", "unknown"))
        return moved, int(task.get("ApproximateNumberOfMessagesToMove") or 0)

    def _cancel(self, handle: str) -> None:
        with suppress(ClientError):  # it has ended by itself
            self._sqs.cancel_message_move_task(TaskHandle=handle)

    def _arn(self, url: str) -> str:
        found = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return str(found["Attributes"]["QueueArn"])


class RedriveRun:
    """What is to be moved on which stack, and what came of it so far.

    `reason` chooses messages whose reason contains it, whatever the case; None chooses all.
    `notifications` are those that were given up, instead of the orders' dead letters.
    """

    def __init__(
        self,
        stack: Stack,
        reason: str | None,
        *,
        rate: int,
        dry_run: bool,
        notifications: bool = False,
    ) -> None:
        self.stack = stack
        self.reason = reason
        self.dry_run = dry_run
        self.tally = Tally()
        self.route: Route
        if notifications:
            url, self.route = notifications_of(stack)
        else:
            self.route = route_of(stack)
            url = stack.output("dlq_url")
        self.at_end: QueueDepth | None = None
        self._rate = rate
        self._queue = DeadLetterQueue(stack.client("sqs"), url)

    def run(self, progress: Progress) -> None:
        """Move, or look; then count what is there.

        Raises:
            Unanswered, UserError: SQS or SNS refused, or did not answer.
        """
        if not self._moved_by_sqs(progress):
            rate = RateLimit(LOOKING_PER_SECOND if self.dry_run else self._rate)
            redrive = Redrive(
                self._queue, self.route, rate, wanted=self._matches, dry_run=self.dry_run
            )
            redrive.run(self.tally, progress)
        self.at_end = self._queue.count()

    def as_json(self) -> dict[str, Any]:
        """Return what was found and done, for scripts."""
        tally = self.tally
        return {
            "schema": 1,
            "command": "redrive",
            "stack": self.stack.name,
            "topology": self.stack.topology,
            "from": self._queue.url,
            "to": self.route.target,
            "reason": self.reason,
            "dry_run": self.dry_run,
            "redrive": tally.name,
            "move_task": tally.task,
            "moved": dict(tally.moved),
            "left": dict(tally.left),
            "matching": dict(tally.matching),
            "failed": dict(tally.failed),
            "came_back": dict(tally.came_back),
            "problems": dict(tally.problems),
            "sent_but_not_deleted": tally.not_deleted,
            "at_end": self.at_end._asdict() if self.at_end else None,
        }

    def _moved_by_sqs(self, progress: Progress) -> bool:
        if self.dry_run or self.reason is not None or not isinstance(self.route, ToQueue):
            return False
        task = MoveTask(
            self.stack.client("sqs"),
            source_url=self._queue.url,
            target_url=self.route.target,
            per_second=self._rate,
        )
        try:
            task.run(self.tally, progress)
        except NoMoveTask:
            return False
        return True

    def _matches(self, letter: DeadLetter) -> bool:
        return self.reason is None or self.reason.casefold() in letter.reason.casefold()
