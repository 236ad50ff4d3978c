"""How much may be received, and when: permits bound it, a throttle slows it down."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from kit.retry import full_jitter
from sqs_consumer.settings import MAX_RECEIVED

# A poller waits this share of a message's usual handling time for more permits to come free.
LINGER_SHARE = 0.002
SHORTEST_LINGER_SECONDS = 0.002
LONGEST_LINGER_SECONDS = 0.05
# How much the newest message counts in the usual handling time.
NEWEST_WEIGHT = 0.1
# So many failures with no success between them are no longer the messages' own.
FAILURES_TO_THROTTLE = 10
PAUSE_BASE_SECONDS = 1.0
PAUSE_CAP_SECONDS = 30.0


class Permits:
    """How many messages may be in work; permits are taken first and given back once."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._free = total
        self._turn = asyncio.Lock()
        self._wanted = 0
        self._waiter: asyncio.Future[None] | None = None

    @property
    def free(self) -> int:
        """How many permits nobody holds."""
        return self._free

    @property
    def taken(self) -> int:
        """How many permits are held."""
        return self._total - self._free

    async def take(self, most: int, linger_seconds: float = 0.0) -> int:
        """Wait for a permit and return how many were taken, 1 to `most`.

        While fewer than `most` are free it waits `linger_seconds` for more: ten permits in one
        receive cost a tenth of the calls. One caller collects at a time.
        """
        most = min(most, self._total)
        async with self._turn:
            await self._until_free(1)
            if self._free < most and linger_seconds > 0:
                with suppress(TimeoutError):
                    async with asyncio.timeout(linger_seconds):
                        await self._until_free(most)
            return self._take_free(most)

    def take_now(self, most: int) -> int:
        """Return how many permits were taken, 0 to `most`, without waiting."""
        return 0 if self._turn.locked() else self._take_free(most)

    def give_back(self, count: int = 1) -> None:
        """Give permits back.

        Raises:
            RuntimeError: more came back than were taken; a permit given back twice would let one
                message too many in for ever.
        """
        if count > self.taken:
            raise RuntimeError(f"{count} permits given back, {self.taken} were taken")
        self._free += count
        if self._waiter is not None and self._free >= self._wanted and not self._waiter.done():
            self._waiter.set_result(None)

    def _take_free(self, most: int) -> int:
        taken = min(self._free, most)
        self._free -= taken
        return taken

    async def _until_free(self, wanted: int) -> None:
        while self._free < wanted:
            self._wanted = wanted
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None


class Throttle:
    """Full receives while handlers succeed, one message at a time while all of them fail.

    What every handler needs may be down while the queue is up. Receiving on would use up the
    receives of one message after the other, until the whole backlog is in the dead-letter queue.
    """

    def __init__(self) -> None:
        self._usual_seconds = 0.0
        self._failures_in_a_row = 0
        self._pauses = 0

    @property
    def throttling(self) -> bool:
        """Whether handlers have only failed for a while."""
        return self._failures_in_a_row >= FAILURES_TO_THROTTLE

    @property
    def most(self) -> int:
        """How many messages the next receive may bring."""
        return 1 if self.throttling else MAX_RECEIVED

    @property
    def linger_seconds(self) -> float:
        """How long to wait for more permits: longer work comes and goes in larger groups."""
        wanted = self._usual_seconds * LINGER_SHARE
        return min(max(wanted, SHORTEST_LINGER_SECONDS), LONGEST_LINGER_SECONDS)

    def pause_seconds(self) -> float:
        """Return how long to wait before the next receive: longer with each one that is asked for.

        Not with each failure: those of all permits come together.
        """
        if not self.throttling:
            return 0.0
        self._pauses += 1
        return full_jitter(
            self._pauses - 1, base_seconds=PAUSE_BASE_SECONDS, cap_seconds=PAUSE_CAP_SECONDS
        )

    def handled(self, seconds: float) -> None:
        """Note that a handler came to an end of its own."""
        self._failures_in_a_row = self._pauses = 0
        self._usual_seconds += (seconds - self._usual_seconds) * NEWEST_WEIGHT

    def failed(self) -> None:
        """Note that a handler failed for a reason that it did not foresee."""
        self._failures_in_a_row += 1
