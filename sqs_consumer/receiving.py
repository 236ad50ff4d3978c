"""Pollers: permits first, then a receive for no more messages than there are permits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine

from sqs_consumer.back_pressure import Permits, Throttle
from sqs_consumer.delivery import InFlight
from sqs_consumer.health import QueueHealth
from sqs_consumer.metrics import Hook, Metric
from sqs_consumer.queue import Message, Queue
from sqs_consumer.settings import MAX_RECEIVED, ConsumerSettings

MAX_POLLERS = 8
# A thousand permits come free faster than one poller, with one receive at a time, can use them.
PERMITS_OF_A_POLLER = 250
MAX_STEADY_POLLERS = 4


class Receiving:
    """A few steady pollers, more while receives come back full and permits are free.

    `deliver` takes each message and owns its permit from then on. A receive that has begun is
    never cut off: it could have taken messages that nobody would see before their time-out.
    """

    def __init__(
        self,
        queue: Queue,
        permits: Permits,
        health: QueueHealth,
        throttle: Throttle,
        settings: ConsumerSettings,
        *,
        deliver: Callable[[Message], None],
        in_flight: InFlight,
        hook: Hook,
    ) -> None:
        self._queue = queue
        self._permits = permits
        self._health = health
        self._throttle = throttle
        self._settings = settings
        self._deliver = deliver
        self._in_flight = in_flight
        self._hook = hook
        self._pollers: set[asyncio.Task[None]] = set()
        self._receiving: set[asyncio.Task[None]] = set()
        self._stopping = False

    def start(self) -> None:
        """Start the steady pollers."""
        steady = 1 + self._settings.concurrency // PERMITS_OF_A_POLLER
        for _ in range(min(steady, MAX_STEADY_POLLERS)):
            self._add(self._poll_always())

    def stop(self) -> None:
        """Begin no further receive."""
        self._stopping = True
        for poller in self._pollers - self._receiving:
            poller.cancel()

    def abort(self) -> bool:
        """Cut off open receives too, and tell whether there were any.

        SQS may not notice before their long polls end: whatever they take until then is seen by
        nobody before its time-out.
        """
        self._stopping = True
        for poller in self._pollers:
            poller.cancel()
        return bool(self._receiving)

    async def until_ended(self) -> None:
        """Return once the last open receive has ended."""
        while self._pollers:
            await asyncio.wait(self._pollers)

    def _add(self, poll: Coroutine[None, None, None]) -> None:
        poller = asyncio.get_running_loop().create_task(poll)
        self._pollers.add(poller)
        poller.add_done_callback(self._pollers.discard)

    async def _poll_always(self) -> None:
        while not self._stopping:
            await asyncio.sleep(self._throttle.pause_seconds())
            permits = await self._permits.take(self._throttle.most, self._throttle.linger_seconds)
            # A queue that failed answers a short poll immediately when it is back.
            wait_seconds = 0 if self._health.failing else self._settings.wait_seconds
            await self._receive_into(permits, wait_seconds)

    async def _poll_while_full(self) -> None:
        """Help out, without waiting: end as soon as messages or permits are not plentiful."""
        while not self._stopping and not self._throttle.throttling:
            permits = self._permits.take_now(MAX_RECEIVED)
            if not permits or await self._receive_into(permits, 0) < permits:
                return

    async def _receive_into(self, permits: int, wait_seconds: int) -> int:
        """Receive at most `permits` messages, deliver them, give back the other permits."""
        delivered = 0
        try:
            for message in await self._receive(permits, wait_seconds):
                self._deliver(message)
                delivered += 1
        finally:
            self._permits.give_back(permits - delivered)
        if delivered == permits == MAX_RECEIVED:
            self._add_helper()
        return delivered

    def _add_helper(self) -> None:
        wanted = self._permits.free >= MAX_RECEIVED and len(self._pollers) < MAX_POLLERS
        if wanted and not self._stopping:
            self._add(self._poll_while_full())

    async def _receive(self, permits: int, wait_seconds: int) -> list[Message]:
        """Return what a receive brought; nothing, after a pause, when the queue failed."""
        poller = asyncio.current_task()
        assert poller is not None  # noqa: S101 - we run in a task of `_add`
        self._receiving.add(poller)
        try:
            messages = await self._queue.receive(
                permits,
                wait_seconds=wait_seconds,
                visibility_timeout_seconds=self._settings.visibility_timeout_seconds,
            )
        except Exception as error:  # noqa: BLE001 - no error of a receive ends the loop
            pause = self._health.receive_failed(error)
        else:
            self._health.received()
            self._measure(messages)
            return messages
        finally:
            self._receiving.discard(poller)
        if not self._stopping:
            await asyncio.sleep(pause)
        return []

    def _measure(self, messages: list[Message]) -> None:
        self._hook(Metric.RECEIVE_CALLS, 1)
        self._hook(Metric.PERMITS_FREE, self._permits.free)
        self._hook(Metric.IN_FLIGHT, len(self._in_flight) + len(messages))
        if not messages:
            self._hook(Metric.EMPTY_RECEIVES, 1)
        now = time.time()
        for message in messages:
            self._hook(Metric.AGE_AT_RECEIVE, max(0.0, now - message.sent_at))
            if message.receive_count > 1:
                self._hook(Metric.REDELIVERIES, 1)
