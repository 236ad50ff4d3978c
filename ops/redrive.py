"""Moves dead letters back, one batch at a time: sent first, deleted only then.

A message may therefore arrive twice, after a crash between the two, and none is ever lost.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ops.calls import MAX_ENTRIES, RateLimit
from ops.dead_letters import DeadLetter, DeadLetterQueue
from ops.redrive_routes import Route
from terminal.interrupts import shielded

Progress = Callable[[int, int], None]
# How long a message is hidden that is looked at and left: for the whole look, or it is seen again;
# but if this process is killed, nobody else sees it for as long either. Messages that are seen
# again before the end are hidden for twice as long, up to what SQS takes.
SHORTEST_TIMEOUT_SECONDS = 60
LONGEST_FIRST_TIMEOUT_SECONDS = 900
LONGEST_TIMEOUT_SECONDS = 43_200
SLOWEST_LOOK_PER_SECOND = 50
# SQS may hand a message out again at any time. The end is when, besides all that are held, this
# many receives in a row bring nothing new.
RECEIVES_WITHOUT_NEWS = 5


@dataclass
class Tally:
    """What a redrive has seen and done so far; counts of messages by kind of reason."""

    name: str = field(
        default_factory=lambda: f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
    )
    moved: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    matching: Counter[str] = field(default_factory=Counter)
    """Of those left, what a dry run would have moved."""
    came_back: Counter[str] = field(default_factory=Counter)
    problems: Counter[str] = field(default_factory=Counter)
    not_deleted: int = 0
    task: str | None = None
    """What SQS's own move task ended as, when that did the work."""

    @property
    def seen(self) -> int:
        """How many messages have been looked at."""
        return sum(sum(each.values()) for each in (self.moved, self.left, self.failed))


class Redrive:
    """One pass over a dead-letter queue; a dry run only counts what is `wanted`."""

    def __init__(
        self,
        queue: DeadLetterQueue,
        route: Route,
        rate: RateLimit,
        *,
        wanted: Callable[[DeadLetter], bool],
        dry_run: bool = False,
    ) -> None:
        self._queue = queue
        self._route = route
        self._rate = rate
        self._wanted = wanted
        self._dry_run = dry_run
        # Receipts by message: bodies may be large, and there may be many.
        self._held: dict[str, str] = {}
        self._sent: set[str] = set()

    def run(self, tally: Tally, progress: Progress) -> None:
        """Look at every message once and move what is wanted, noting all in `tally`.

        What is not moved is visible again at the end, also after an interrupt or an error.

        Raises:
            Unanswered, UserError: SQS or SNS refused, or did not answer.
        """
        total = self._queue.count().visible
        most = self._rate.most(MAX_ENTRIES)
        timeout_seconds = self._timeout_seconds(total)
        without_news = 0
        progress(0, total)
        try:
            while without_news < RECEIVES_WITHOUT_NEWS + len(self._held) // most:
                self._rate.wait()
                with shielded():
                    received = self._queue.receive(most, timeout_seconds)
                    if not received:
                        break
                    news = self._take(received, tally)
                if news:
                    without_news = 0
                else:
                    without_news += 1
                    timeout_seconds = min(2 * timeout_seconds, LONGEST_TIMEOUT_SECONDS)
                progress(tally.seen, max(total, tally.seen))
        finally:
            tally.not_deleted = len(self._held.keys() & self._sent)
            with shielded():
                self._queue.release(self._held.values())

    def _take(self, received: Sequence[Mapping[str, Any]], tally: Tally) -> bool:
        """Handle one batch; return whether any of it was not known."""
        letters = [self._route.read(each) for each in received]
        known = self._held.keys() | self._sent
        new = [letter for letter in letters if letter.message_id not in known]
        # Held until it is moved: whatever goes wrong, it becomes visible again.
        self._held.update((letter.message_id, letter.receipt) for letter in letters)
        wanted = [letter for letter in new if self._is_to_move(letter, tally)]
        again = [letter for letter in letters if letter.message_id in self._sent]
        self._delete(self._send(wanted, tally) + again)
        return bool(new)

    def _is_to_move(self, letter: DeadLetter, tally: Tally) -> bool:
        """Tell whether to move a letter, and note one that is left."""
        if letter.redrive == tally.name:
            tally.came_back[letter.kind] += 1
            return False
        wanted = self._wanted(letter)
        if wanted and not self._dry_run:
            return True
        tally.left[letter.kind] += 1
        if wanted:
            tally.matching[letter.kind] += 1
        return False

    def _send(self, letters: list[DeadLetter], tally: Tally) -> list[DeadLetter]:
        """Send letters back and return those that were taken."""
        if not letters:
            return []
        problems = self._route.send(letters, tally.name)
        self._rate.went(len(letters))
        taken = []
        for letter in letters:
            if letter.message_id in problems:
                tally.failed[letter.kind] += 1
                tally.problems[problems[letter.message_id]] += 1
            else:
                tally.moved[letter.kind] += 1
                taken.append(letter)
        self._sent.update(letter.message_id for letter in taken)
        return taken

    def _delete(self, letters: list[DeadLetter]) -> None:
        """Delete letters that were sent; one that stays is deleted when it is seen again."""
        if not letters:
            return
        problems = self._queue.delete(letters)
        for letter in letters:
            if letter.message_id not in problems:
                del self._held[letter.message_id]

    def _timeout_seconds(self, messages: int) -> int:
        looked_at_per_second = min(self._rate.per_second, SLOWEST_LOOK_PER_SECOND)
        seconds = SHORTEST_TIMEOUT_SECONDS + int(messages / looked_at_per_second)
        return min(seconds, LONGEST_FIRST_TIMEOUT_SECONDS)
