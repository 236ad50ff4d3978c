"""A queue, its dead-letter queue, and consumers of it, on the fake SQS and a virtual clock."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from sqs_consumer import Consumer, ConsumerSettings, Message, Stopped
from sqs_consumer.aiobotocore import SqsQueue
from sqs_consumer.metrics import Hook, ignore
from tests.support.fake_aws.cloud import FakeAws
from tests.support.fake_aws.queues import Mischief
from tests.support.fake_aws.sqs import FakeSQS
from tests.support.fake_aws.wire import Wire
from tests.support.virtual_clock import now

if TYPE_CHECKING:
    from types_aiobotocore_sqs import SQSClient

Handler = Callable[[Message], Awaitable[object]]

SETTINGS = ConsumerSettings(
    concurrency=10,
    visibility_timeout_seconds=60,
    visibility_extension_interval_seconds=20,
    drain_seconds=30,
)


class FarAwaySqs:
    """A client of an SQS that is elsewhere: what was asked of it happens, whoever hangs up."""

    def __init__(self, sqs: Any) -> None:
        self._sqs = sqs
        self._calls: set[asyncio.Future[Any]] = set()

    def __getattr__(self, operation: str) -> Any:
        method = getattr(self._sqs, operation)

        async def call(**request: Any) -> Any:
            under_way = asyncio.ensure_future(method(**request))
            self._calls.add(under_way)
            under_way.add_done_callback(self._over)
            return await asyncio.shield(under_way)

        return call

    def _over(self, call: asyncio.Future[Any]) -> None:
        self._calls.discard(call)
        if not call.cancelled():
            call.exception()


@dataclass
class Handled:
    """A handler that takes its time and writes down what it did."""

    seconds: float = 0.0
    begun: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0

    async def __call__(self, message: Message) -> None:
        """Handle one message."""
        self.begun.append(message.body)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(self.seconds)
            self.done.append(message.body)
        except asyncio.CancelledError:
            self.cancelled.append(message.body)
            raise
        finally:
            self.at_once -= 1


class QueueWorld:
    """One queue with its dead-letter queue; `start` runs a consumer of it."""

    def __init__(
        self,
        *,
        mischief: Mischief | None = None,
        max_receive_count: int = 3,
        wire: Wire | None = None,
    ) -> None:
        self.aws = FakeAws(now, mischief=mischief)
        self.dead_letters = self.aws.create_queue("dead")
        self.queue = self.aws.create_queue(
            "work",
            visibility_seconds=SETTINGS.visibility_timeout_seconds,
            max_receive_count=max_receive_count,
            dead_letters=self.dead_letters,
        )
        self.wire = wire or Wire()
        self.poll_seconds = FakeSQS.poll_seconds

    def send(self, count: int) -> list[str]:
        """Send so many messages and return their bodies."""
        bodies = [f"message {number}" for number in range(count)]
        for body in bodies:
            self.queue.send(body)
        return bodies

    def sqs_queue(self) -> SqsQueue:
        """Return the consumer's view of the queues."""
        sqs = FakeSQS(self.aws.queues, self.wire)
        sqs.poll_seconds = self.poll_seconds
        client = FarAwaySqs(sqs)
        return SqsQueue(
            cast("SQSClient", client),
            queue_url=self.queue.url,
            dead_letter_queue_url=self.dead_letters.url,
        )

    def consumer(self, handler: Handler, *, hook: Hook = ignore, **changes: Any) -> Consumer:
        """Return a consumer with `SETTINGS` and these changes."""
        settings = replace(SETTINGS, **changes)
        return Consumer(self.sqs_queue(), handler, settings, hook=hook)

    def start(self, handler: Handler, **changes: Any) -> Running:
        """Start a consumer."""
        return Running(self.consumer(handler, **changes))

    def count(self, operation: str) -> int:
        """Return how many calls of an operation were made."""
        return self.wire.calls.count(operation)

    def held(self) -> list[str]:
        """Return the bodies of messages that are in the queue and invisible."""
        return [each.body for each in self.queue.messages if each.visible_at > now()]


class Running:
    """A consumer that runs."""

    def __init__(self, consumer: Consumer) -> None:
        self.consumer = consumer
        self._task = asyncio.get_running_loop().create_task(consumer.run())

    def ready(self) -> bool:
        """Return whether it says that it is ready."""
        return self.consumer.ready

    async def stop(self) -> Stopped:
        """Stop it and return how it ended."""
        self.consumer.stop()
        return await self._task

    async def ended(self) -> Stopped:
        """Return how it ended, once it has."""
        return await self._task


async def until(
    condition: Callable[[], object], *, seconds: float = 600.0, every_seconds: float = 0.01
) -> None:
    """Return once the condition holds.

    Raises:
        AssertionError: it did not, for so many seconds.
    """
    deadline = now() + seconds
    while not condition():
        assert now() < deadline, "it never came true"
        await asyncio.sleep(every_seconds)
