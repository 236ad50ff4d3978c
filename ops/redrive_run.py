"""A redrive of one stack: by SQS itself where that is possible, else message by message."""

from __future__ import annotations

from typing import Any

from ops.dead_letters import DeadLetter, DeadLetterQueue
from ops.move_task import MoveTask, NoMoveTask
from ops.queue_depth import QueueDepth
from ops.rate_limit import Pace
from ops.redrive import Progress, Redrive, Tally
from ops.redrive_routes import Route, ToQueue, route_of
from ops.stack import Stack

# A dry run sends nothing that would have to be bounded.
LOOKING_PER_SECOND = 500


class Redriving:
    """What is to be moved on which stack, and what came of it so far.

    `reason` chooses messages whose reason contains it, whatever the case; None chooses all.
    """

    def __init__(self, stack: Stack, reason: str | None, *, rate: int, dry_run: bool) -> None:
        self.stack = stack
        self.reason = reason
        self.dry_run = dry_run
        self.tally = Tally()
        self.route: Route = route_of(stack)
        self.at_end: QueueDepth | None = None
        self._rate = rate
        self._queue = DeadLetterQueue(stack.client("sqs"), stack.output("dlq_url"))

    def run(self, progress: Progress) -> None:
        """Move, or look; then count what is there.

        Raises:
            Unanswered, UserError: SQS or SNS refused, or did not answer.
        """
        if not self._moved_by_sqs(progress):
            pace = Pace(LOOKING_PER_SECOND if self.dry_run else self._rate)
            redrive = Redrive(
                self._queue, self.route, pace, wanted=self._matches, dry_run=self.dry_run
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
