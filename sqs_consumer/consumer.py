"""The consumer: receives no more than it has permits for, and leaves nothing invisible behind."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass

from kit.logging import get_logger
from sqs_consumer.acknowledgement import Acknowledger
from sqs_consumer.back_pressure import Permits, Throttle
from sqs_consumer.delivery import Delivery, InFlight
from sqs_consumer.handling import Handler, Handling, Outcome, Release
from sqs_consumer.health import QueueHealth
from sqs_consumer.metrics import Hook, ignore
from sqs_consumer.queue import Message, Queue
from sqs_consumer.receiving import Receiving
from sqs_consumer.settings import FLUSH_SHARE, ConsumerSettings
from sqs_consumer.visibility_extender import VisibilityExtender

ABORT_SECONDS = 1.0

_log = get_logger()


@dataclass(frozen=True)
class Stopped:
    """How a consumer ended: messages whose handlers were cut short, and whether it was forced."""

    cut_short: int
    forced: bool


class Consumer:
    """Feeds the messages of one queue to `handler`, `concurrency` at a time."""

    def __init__(
        self,
        queue: Queue,
        handler: Handler,
        settings: ConsumerSettings,
        *,
        hook: Hook = ignore,
    ) -> None:
        self._queue = queue
        self._settings = settings
        self._permits = Permits(settings.concurrency)
        self._in_flight = InFlight()
        self._health = QueueHealth(settings.unready_after_seconds, hook)
        throttle = Throttle()
        self._handling = Handling(handler, settings, throttle, hook)
        self._acknowledger = Acknowledger(queue, self._health, hook)
        self._extender = VisibilityExtender(
            self._in_flight, self._acknowledger, self._health, settings, hook
        )
        self._receiving = Receiving(
            queue,
            self._permits,
            self._health,
            throttle,
            settings,
            deliver=self._deliver,
            in_flight=self._in_flight,
            hook=hook,
        )
        # Bounds how much finished work may wait for its delete before receives wait.
        self._outstanding = asyncio.Semaphore(settings.concurrency)
        self._tasks: set[asyncio.Task[None]] = set()
        self._stop = asyncio.Event()
        self._abort = asyncio.Event()

    @property
    def ready(self) -> bool:
        """Whether the queue answers and messages are taken in."""
        return self._health.ready and not self._stop.is_set()

    @property
    def in_flight(self) -> int:
        """How many messages are held."""
        return len(self._in_flight)

    @property
    def permits_free(self) -> int:
        """How many more messages may be worked on."""
        return self._permits.free

    def stop(self) -> None:
        """End gently: `run` returns within `drain_seconds`; called again, within a second."""
        if self._stop.is_set():
            self._abort.set()
        self._stop.set()

    async def until_answered(self) -> None:
        """Return once the queue has answered for the first time."""
        await self._health.answered.wait()

    async def run(self) -> Stopped:
        """Consume until `stop`; return when nothing that was received is held any more."""
        extender = asyncio.create_task(self._extender.run())
        try:
            await self._until_queue_answers()
            if not self._stop.is_set():
                self._receiving.start()
            await self._stop.wait()
            return await self._drain()
        finally:
            extender.cancel()
            with suppress(asyncio.CancelledError):
                await extender

    async def _until_queue_answers(self) -> None:
        """Ask the queue something that it answers immediately: an empty long poll would not."""
        while not self._stop.is_set():
            try:
                await self._queue.check()
            except Exception as error:  # noqa: BLE001 - whatever it is, the next try may do
                pause = self._health.receive_failed(error)
            else:
                self._health.received()
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._stop.wait()

    def _deliver(self, message: Message) -> None:
        """Take a message over, with its permit."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        delivery = Delivery(
            message=message,
            received_at=now,
            expires_at=now + self._settings.visibility_timeout_seconds,
            extend_at=now + self._settings.visibility_extension_interval_seconds,
        )
        self._in_flight.add(delivery)
        task = loop.create_task(self._process(delivery))
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def _process(self, delivery: Delivery) -> None:
        """Handle one message and carry its outcome out; its permit comes back once in any case."""
        try:
            try:
                outcome = await self._outcome(delivery)
                await self._outstanding.acquire()
            finally:
                self._permits.give_back()
            try:
                await self._acknowledger.carry_out(delivery, outcome)
            finally:
                self._outstanding.release()
        finally:
            self._in_flight.remove(delivery)

    async def _outcome(self, delivery: Delivery) -> Outcome:
        if not self._stop.is_set():
            return await self._handling.handle(delivery)
        # Released while another receive is open, it would only come in again.
        await self._receiving.until_ended()
        return Release(self._handling.release_seconds)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            _log.error("message_dropped", exc_info=error)

    async def _drain(self) -> Stopped:
        """End what is open within the drain, then cut the rest short and release it."""
        drain = self._settings.drain_seconds
        deadline = _clock() + drain
        self._receiving.stop()
        await self._until_idle(deadline - drain * FLUSH_SHARE)
        cut_short = self._cut_short()
        if self._abort.is_set():
            deadline = min(deadline, _clock() + ABORT_SECONDS)
        with suppress(TimeoutError):
            async with asyncio.timeout_at(deadline):
                await self._in_flight.until_empty()
        for task in self._tasks:
            task.cancel()
        return Stopped(cut_short=cut_short, forced=self._abort.is_set())

    async def _until_idle(self, deadline: float) -> None:
        """Return when nothing is received and nothing in flight, at `deadline`, or at an abort."""
        waits = {asyncio.create_task(self._idle()), asyncio.create_task(self._aborted())}
        await asyncio.wait(waits, timeout=deadline - _clock(), return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()

    async def _idle(self) -> None:
        await self._receiving.until_ended()
        await self._in_flight.until_empty()

    async def _aborted(self) -> None:
        await self._abort.wait()

    def _cut_short(self) -> int:
        """Cancel open receives and running handlers; return how many handlers those were."""
        if self._receiving.abort():
            # A long poll that nobody listens to would take what is released before it ends.
            self._handling.release_seconds = self._settings.wait_seconds
        return sum(delivery.cancel_handler() for delivery in self._in_flight)


def _clock() -> float:
    return asyncio.get_running_loop().time()
