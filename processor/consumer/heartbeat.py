"""One task that keeps every message in flight invisible to others while it is worked on."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from adapters.logs import get_logger
from adapters.micro_batcher import BatcherFull
from processor.consumer.in_flight import Delivery, InFlight
from processor.consumer.queue import QUEUE_ERRORS, EntryFailed
from processor.consumer.settings import ConsumerSettings
from processor.consumer.settling import Settling

# Messages that fall due within this share of the interval travel together.
TOGETHER = 0.1
# After a failed extension this share of what time is left passes before the next try.
TRY_AGAIN = 0.25
SHORTEST_SLEEP_SECONDS = 0.05

_log = get_logger()


class Heartbeat:
    """Extends messages `heartbeat_seconds` after their receive or last extension.

    A message that SQS no longer counts as ours, that could not be extended in time, or that is
    older than `max_age_seconds` is lost: its handler is cancelled.
    """

    def __init__(self, in_flight: InFlight, settling: Settling, settings: ConsumerSettings) -> None:
        self._in_flight = in_flight
        self._settling = settling
        self._settings = settings

    async def run(self) -> None:
        """Extend for ever."""
        while True:
            await asyncio.sleep(self._pause())
            together = self._settings.heartbeat_seconds * TOGETHER
            due = [
                each
                for each in self._in_flight
                if not each.lost and each.extend_at <= _clock() + together
            ]
            await self._extend(due)

    def _pause(self) -> float:
        """Sleep until the next message is due, but wake for those that come meanwhile."""
        due = [each.extend_at for each in self._in_flight if not each.lost]
        longest = self._settings.heartbeat_seconds * (1 - TOGETHER)
        until_due = min(due, default=float("inf")) - _clock()
        return max(SHORTEST_SLEEP_SECONDS, min(longest, until_due))

    async def _extend(self, due: Sequence[Delivery]) -> None:
        await asyncio.gather(*(self._extend_one(delivery) for delivery in due))

    async def _extend_one(self, delivery: Delivery) -> None:
        now = _clock()
        seconds = self._settings.visibility_timeout_seconds
        if now + seconds - delivery.received_at > self._settings.max_age_seconds:
            self._give_up_when_expired(delivery, "too_old")
            return
        try:
            async with asyncio.timeout_at(delivery.expires_at):
                await self._settling.change_visibility(delivery, seconds)
        except EntryFailed as error:
            if error.gone:
                _lose(delivery, "receipt_invalid")
            else:
                self._try_again_soon(delivery)
        except (BatcherFull, *QUEUE_ERRORS):
            self._try_again_soon(delivery)
        else:
            delivery.expires_at = now + seconds
            delivery.extend_at = now + self._settings.heartbeat_seconds

    def _try_again_soon(self, delivery: Delivery) -> None:
        left = delivery.expires_at - _clock()
        if left <= 0:
            _lose(delivery, "expired")
            return
        delivery.extend_at = _clock() + left * TRY_AGAIN

    def _give_up_when_expired(self, delivery: Delivery, reason: str) -> None:
        if _clock() >= delivery.expires_at - SHORTEST_SLEEP_SECONDS:
            _lose(delivery, reason)
        else:
            delivery.extend_at = delivery.expires_at


def _lose(delivery: Delivery, reason: str) -> None:
    delivery.lost = True
    if delivery.handling is None:
        return  # finished meanwhile: it was deleted, which is why SQS does not know it
    message = delivery.message
    _log.warning(
        "message_lost",
        message_id=message.message_id,
        receive_count=message.receive_count,
        reason=reason,
    )
    delivery.cancel_handler()


def _clock() -> float:
    return asyncio.get_running_loop().time()
