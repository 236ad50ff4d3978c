"""One task that keeps every message in flight invisible to others while it is worked on."""

from __future__ import annotations

import asyncio

from kit.logging import get_logger
from sqs_consumer.acknowledgement import REFUSED, Acknowledger
from sqs_consumer.delivery import NEVER, Delivery, InFlight
from sqs_consumer.health import QueueHealth
from sqs_consumer.metrics import Hook, Metric
from sqs_consumer.queue import EntryFailed
from sqs_consumer.settings import ConsumerSettings

# Messages that fall due within this share of the interval travel together.
TOGETHER = 0.1
# After a failed extension this share of what time is left passes before the next try.
TRY_AGAIN = 0.25
SHORTEST_SLEEP_SECONDS = 0.05
# SQS counts in whole seconds: at the end of a message's time less than one is no gain.
WORTH_A_CALL_SECONDS = 1

_log = get_logger()


class VisibilityExtender:
    """Extends messages `visibility_extension_interval_seconds` after their receive or last time.

    A message that SQS no longer counts as ours, that could not be extended in time, or that is
    older than `max_age_seconds` is lost: its handler is cancelled.
    """

    def __init__(
        self,
        in_flight: InFlight,
        acknowledger: Acknowledger,
        health: QueueHealth,
        settings: ConsumerSettings,
        hook: Hook,
    ) -> None:
        self._in_flight = in_flight
        self._acknowledger = acknowledger
        self._health = health
        self._settings = settings
        self._interval_seconds = settings.visibility_extension_interval_seconds
        self._hook = hook
        self._extending: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Extend for ever. No extension waits for another: a slow one must not make others late."""
        try:
            while True:
                await asyncio.sleep(self._pause())
                until = _clock() + self._interval_seconds * TOGETHER
                for delivery in self._in_flight:
                    if delivery.due(until):
                        self._start(delivery)
        finally:
            for extension in self._extending:
                extension.cancel()

    def _pause(self) -> float:
        """Sleep until the next message is due, but wake for those that come meanwhile."""
        due = min((each.extend_at for each in self._in_flight), default=NEVER)
        longest = self._interval_seconds * (1 - TOGETHER)
        return max(SHORTEST_SLEEP_SECONDS, min(longest, due - _clock()))

    def _start(self, delivery: Delivery) -> None:
        extension = asyncio.get_running_loop().create_task(self._extend(delivery))
        self._extending.add(extension)
        extension.add_done_callback(self._extending.discard)

    async def _extend(self, delivery: Delivery) -> None:
        """Extend one message; try again, ever sooner, while it is ours."""
        now = _clock()
        seconds = self._seconds_to_hide(delivery, now)
        cut_short = seconds < self._settings.visibility_timeout_seconds
        if cut_short and now + seconds < delivery.expires_at + WORTH_A_CALL_SECONDS:
            await asyncio.sleep(delivery.expires_at - now)
            self._lose(delivery, "too_old")
            return
        while delivery.ours and not await self._extend_once(delivery):
            left = delivery.expires_at - _clock()
            if left <= SHORTEST_SLEEP_SECONDS:
                self._lose(delivery, "expired")
            await asyncio.sleep(left * TRY_AGAIN)

    async def _extend_once(self, delivery: Delivery) -> bool:
        now = _clock()
        seconds = self._seconds_to_hide(delivery, now)
        delivery.begin_extension()
        try:
            async with asyncio.timeout_at(delivery.expires_at):
                await self._acknowledger.change_visibility(delivery, seconds)
        except REFUSED as error:
            if isinstance(error, EntryFailed) and error.gone:
                self._lose(delivery, "receipt_invalid")
            else:
                self._health.failed("extend", error)
            return False
        finally:
            delivery.end_extension()
        expires_at = now + seconds
        # One that the end of its time cut short may be over before the next interval is.
        delivery.extended(
            expires_at=expires_at, extend_at=min(now + self._interval_seconds, expires_at)
        )
        return True

    def _seconds_to_hide(self, delivery: Delivery, now: float) -> int:
        """Return the visibility time-out, or what is left of the longest that it may be hidden."""
        old_at = delivery.received_at + self._settings.max_age_seconds
        return min(
            self._settings.visibility_timeout_seconds,
            delivery.hideable_seconds(now),
            int(old_at - now),
        )

    def _lose(self, delivery: Delivery, reason: str) -> None:
        if not delivery.lose():
            return  # finished meanwhile: it was deleted, which is why SQS does not know it
        message = delivery.message
        self._hook(Metric.LOST, 1)
        _log.warning(
            "message_lost",
            message_id=message.message_id,
            receive_count=message.receive_count,
            reason=reason,
        )


def _clock() -> float:
    return asyncio.get_running_loop().time()
