"""How eagerly to receive: told of every handler's end, asked before every receive."""

from __future__ import annotations

from kit.retry import full_jitter
from sqs_consumer.settings import MAX_RECEIVED

# A poller waits this share of a message's usual handling time for more permits to come free.
LINGER_SHARE = 0.002
SHORTEST_LINGER_SECONDS = 0.002
LONGEST_LINGER_SECONDS = 0.05
# How much the newest message counts in the usual handling time.
NEWEST_WEIGHT = 0.1
# So many failures with no success between them are no longer the messages' own.
FAILURES_TO_BRAKE = 10
BRAKE_BASE_SECONDS = 1.0
BRAKE_CAP_SECONDS = 30.0


class Pace:
    """Receives in full handfuls while handlers succeed, one message at a time while all fail.

    What every handler needs may be down while the queue is up. Receiving on would use up the
    receives of one message after the other, until the whole backlog is in the dead-letter queue.
    """

    def __init__(self) -> None:
        self._usual_seconds = 0.0
        self._failures_in_a_row = 0
        self._pauses = 0

    @property
    def braking(self) -> bool:
        """Whether handlers have only failed for a while."""
        return self._failures_in_a_row >= FAILURES_TO_BRAKE

    @property
    def most(self) -> int:
        """How many messages the next receive may bring."""
        return 1 if self.braking else MAX_RECEIVED

    @property
    def linger_seconds(self) -> float:
        """How long to wait for more permits: longer work comes and goes in larger groups."""
        wanted = self._usual_seconds * LINGER_SHARE
        return min(max(wanted, SHORTEST_LINGER_SECONDS), LONGEST_LINGER_SECONDS)

    def pause_seconds(self) -> float:
        """Return how long to wait before the next receive: longer with each one that is asked for.

        Not with each failure: those of a full house come all at once.
        """
        if not self.braking:
            return 0.0
        self._pauses += 1
        return full_jitter(
            self._pauses - 1, base_seconds=BRAKE_BASE_SECONDS, cap_seconds=BRAKE_CAP_SECONDS
        )

    def handled(self, seconds: float) -> None:
        """Note that a handler came to an end of its own."""
        self._failures_in_a_row = self._pauses = 0
        self._usual_seconds += (seconds - self._usual_seconds) * NEWEST_WEIGHT

    def failed(self) -> None:
        """Note that a handler failed for a reason that it did not foresee."""
        self._failures_in_a_row += 1
