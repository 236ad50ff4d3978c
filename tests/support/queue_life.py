"""Random lives of a queue and its consumers, each repeatable by its number.

Messages come in any order, twice, and after their deletion; calls fail, lose their answers and
take their time; handlers take long, fail and refuse; consumers stop gently or are forced, two work
at once. In the end faults stop, and a last consumer clears up.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field

from sqs_consumer import Message, NotRetryable, RetryAfter, poll_seconds
from sqs_consumer.delivery import State
from tests.support.fake_aws.queues import Mischief
from tests.support.fake_aws.wire import Fault, Wire
from tests.support.queue_world import Handler, QueueWorld, Running, until
from tests.support.virtual_clock import now, run

FAULTS = [Fault.THROTTLED, Fault.BROKEN, Fault.LOST_ANSWER, Fault.REPEATED]
OFTEN_ENOUGH = 10_000
LONGEST_RETRY_SECONDS = 10
PAUSE_SECONDS = [0.0, 0.1, 1.0, 10.0]
WORK_SECONDS = [0.0, 0.5, 3.0, 3.0, 40.0]


def live_through(seed: int) -> None:
    """Run the history with this number.

    Raises:
        AssertionError: something happened that never may; the note says how to see it again.
    """
    try:
        run(_life(seed))
    except BaseException as error:
        error.add_note(f"history {seed}: HISTORY={seed} makes the test run this one alone")
        raise


async def _life(seed: int) -> None:
    random.seed(seed)  # the consumer's own jitter
    await Life(seed).live()


@dataclass
class Life:
    """One history: what its seed made of everything, and what happened."""

    seed: int
    durable: set[str] = field(default_factory=set)
    rejected: set[str] = field(default_factory=set)
    being_handled: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    calm: bool = False

    def __post_init__(self) -> None:
        self.random = chance = random.Random(self.seed)  # noqa: S311 - repeatable on purpose
        self.kind = chance.choice(["peaceful", "faulty", "mischievous", "both"])
        mischievous = self.kind in {"mischievous", "both"}
        self.world = QueueWorld(
            mischief=Mischief(
                seed=self.seed,
                shuffled=True,
                duplicate=chance.choice([0.0, 0.2]) if mischievous else 0.0,
                undelete=chance.choice([0.0, 0.2]) if mischievous else 0.0,
            ),
            max_receive_count=OFTEN_ENOUGH,
            wire=self.wire(),
        )
        self.world.poll_seconds = chance.choice([1.0, 5.0, 20.0])
        visibility = chance.randint(4, 60)
        drain = chance.uniform(5, 30)
        self.settings = {
            "concurrency": chance.randint(1, 12),
            "visibility_timeout_seconds": visibility,
            "visibility_extension_interval_seconds": visibility * chance.uniform(0.2, 0.6),
            "drain_seconds": drain,
            "wait_seconds": chance.randint(1, poll_seconds(drain)),
            "max_age_seconds": 100_000,
            "retry_base_seconds": 1,
            "retry_cap_seconds": LONGEST_RETRY_SECONDS,
        }

    def wire(self) -> Wire:
        """Return the way to the queue: latency always, faults where the history has them."""
        chance = self.random
        slowest = chance.choice([0.0, 0.02, 0.3])
        faulty = self.kind in {"faulty", "both"}
        calls = chance.sample(range(1, 60), chance.randint(1, 20)) if faulty else []
        faults = {call: chance.choice(FAULTS) for call in calls}
        return Wire(faults=faults, latency=lambda: chance.uniform(0, slowest))

    def handler(self) -> Handler:
        """Return the handler of one consumer: it counts how many messages that has in hand."""
        at_once = 0

        async def handle(message: Message) -> None:
            nonlocal at_once
            at_once += 1
            self.being_handled[message.message_id] += 1
            try:
                self.check_begin(message, at_once)
                await self.work_on(message)
            finally:
                at_once -= 1
                self.being_handled[message.message_id] -= 1

        return handle

    def check_begin(self, message: Message, at_once: int) -> None:
        """Note what is wrong: an error raised in a handler would only be one more retry."""
        if at_once > self.settings["concurrency"]:
            self.wrong.append(f"{at_once} messages in hand")
        if self.kind == "peaceful" and self.being_handled[message.message_id] > 1:
            self.wrong.append("a message came again while it was worked on: an extension was late")

    async def work_on(self, message: Message) -> None:
        """Do what the seed says; the message's work is durable at the very end."""
        await asyncio.sleep(self.random.choice(WORK_SECONDS))
        if not self.calm:
            self.maybe_raise(message)
        self.durable.add(message.body)

    def maybe_raise(self, message: Message) -> None:
        match self.random.randrange(12):
            case 0:
                raise OSError("failed")
            case 1:
                raise RetryAfter(self.random.uniform(0, LONGEST_RETRY_SECONDS))
            case 2:
                self.rejected.add(message.body)
                raise NotRetryable("refused")

    def watch_deletes(self) -> None:
        """Look at each delete when it reaches the queue."""
        queue, delete = self.world.queue, self.world.queue.delete

        def watched(handle: str) -> None:
            message = queue.received_as(handle)
            if message is not None and message.body not in self.durable | self.copied():
                self.wrong.append("deleted before its work, or its copy, was durable")
            delete(handle)

        queue.delete = watched  # type: ignore[method-assign]

    def copied(self) -> set[str]:
        """Return the bodies of what is in the dead-letter queue."""
        return {each.body for each in self.world.dead_letters.messages}

    async def live(self) -> None:
        """Live through it all, and check what must hold."""
        self.watch_deletes()
        bodies = set(self.world.send(self.random.randint(0, 15)))
        team = [self.start() for _ in range(self.random.choice([1, 1, 2]))]
        for _ in range(self.random.randint(1, 6)):
            await asyncio.sleep(self.random.choice(PAUSE_SECONDS))
            for running in team:
                self.check_permits(running)
        for running in team:
            await self.stop(running)
        if self.kind == "peaceful":
            await asyncio.sleep(LONGEST_RETRY_SECONDS + 1)
            assert self.world.held() == [], "something was left invisible"
        await self.clear_up()
        assert not self.wrong, self.wrong
        assert bodies <= self.durable | self.copied(), "a message is gone"
        assert self.copied() <= self.rejected, "set aside without being refused"

    def start(self) -> Running:
        return self.world.start(self.handler(), **self.settings)

    def check_permits(self, running: Running) -> None:
        taken = self.settings["concurrency"] - running.consumer.permits_free
        at_work = sum(each.state is State.HANDLING for each in running.consumer._in_flight)
        assert at_work <= taken, "a handler without a permit"

    async def stop(self, running: Running) -> None:
        """End a consumer gently or, where anything goes, by force."""
        began = now()
        forced = self.kind != "peaceful" and self.random.random() < 0.3
        running.consumer.stop()
        if forced:
            running.consumer.stop()
        await running.ended()
        assert now() - began <= self.settings["drain_seconds"] + 0.001, "a stop without end"
        await asyncio.sleep(1)
        assert running.consumer.permits_free == self.settings["concurrency"], "a permit leaked"

    async def clear_up(self) -> None:
        """Let a last consumer, with no fault left, finish what there is."""
        self.calm = True
        self.world.wire = Wire()
        last = self.start()
        await until(lambda: not self.world.queue.messages, seconds=3600, every_seconds=5)
        last.consumer.stop()
        last.consumer.stop()
        await last.ended()
