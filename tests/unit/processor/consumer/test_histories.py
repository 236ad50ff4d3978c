"""Random lives of a queue and its consumers, each repeatable by its number.

Messages come in any order, twice, and after their deletion; calls fail, lose their answers and
take their time; handlers take long, fail and refuse; consumers stop gently or are forced, two work
at once. In the end faults stop, and a last consumer clears up.
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
import structlog

from processor.consumer import Message, NotRetryable, RetryAfter
from tests.support.fake_aws.queues import Mischief
from tests.support.fake_aws.wire import Fault, Wire
from tests.support.queue_world import QueueWorld, Running, until
from tests.support.virtual_clock import now, run

# All of them take minutes on two cores; `make test` takes a tenth, HYPOTHESIS_PROFILE=thorough all.
HISTORIES = 10_000 if os.environ.get("HYPOTHESIS_PROFILE") == "thorough" else 1_000
CHUNKS = 20
FAULTS = [Fault.THROTTLED, Fault.BROKEN, Fault.LOST_ANSWER, Fault.REPEATED]
OFTEN_ENOUGH = 10_000
LONGEST_RETRY_SECONDS = 10


@dataclass
class Life:
    """One history: what its seed made of everything, and what happened."""

    seed: int
    durable: set[str] = field(default_factory=set)
    rejected: set[str] = field(default_factory=set)
    being_handled: Counter[str] = field(default_factory=Counter)
    handled_twice_at_once: int = 0
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
        self.world.poll_seconds = 1.0
        visibility = chance.randint(4, 60)
        self.settings = {
            "concurrency": chance.randint(1, 12),
            "visibility_timeout_seconds": visibility,
            "heartbeat_seconds": visibility * chance.uniform(0.2, 0.6),
            "drain_seconds": chance.uniform(5, 30),
            "wait_seconds": chance.randint(1, 4),
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

    async def handler(self, message: Message) -> None:
        """Do what the seed says, and note whether the message's work is durable."""
        self.being_handled[message.message_id] += 1
        if self.being_handled[message.message_id] > 1:
            self.handled_twice_at_once += 1
        try:
            await asyncio.sleep(self.random.choice([0.0, 0.5, 3.0, 3.0, 40.0]))
            if not self.calm:
                self.maybe_raise(message)
            self.durable.add(message.body)
        finally:
            self.being_handled[message.message_id] -= 1

    def maybe_raise(self, message: Message) -> None:
        match self.random.randrange(12):
            case 0:
                raise OSError("failed")
            case 1:
                raise RetryAfter(self.random.uniform(0, 5))
            case 2:
                self.rejected.add(message.body)
                raise NotRetryable("refused")

    def watch_deletes(self) -> None:
        """Fail when a message is deleted before its work, or its copy, is durable."""
        queue, delete = self.world.queue, self.world.queue.delete

        def watched(handle: str) -> None:
            message = queue.received_as(handle)
            if message is not None:
                copied = {each.body for each in self.world.dead_letters.messages}
                assert message.body in self.durable | copied, "deleted before it was durable"
            delete(handle)

        queue.delete = watched  # type: ignore[method-assign]

    async def live(self) -> None:
        """Live through it all, and check what must hold."""
        self.watch_deletes()
        bodies = set(self.world.send(self.random.randint(0, 15)))
        team = [self.start() for _ in range(self.random.choice([1, 1, 2]))]
        await self.spend(team)
        for running in team:
            await self.stop(running)
        if self.kind == "peaceful":
            await asyncio.sleep(LONGEST_RETRY_SECONDS + 1)
            assert self.world.held() == [], "something was left invisible"
        await self.clear_up()
        copied = {each.body for each in self.world.dead_letters.messages}
        assert bodies <= self.durable | copied, "a message is gone"
        assert copied <= self.rejected

    def start(self) -> Running:
        return self.world.start(self.handler, **self.settings)

    async def spend(self, team: list[Running]) -> None:
        for _ in range(self.random.randint(1, 6)):
            await asyncio.sleep(self.random.choice([0.0, 0.1, 1.0, 10.0]))
            for running in team:
                self.check_permits(running)
        if self.kind == "peaceful":
            assert self.handled_twice_at_once == 0, "a heartbeat was late"

    def check_permits(self, running: Running) -> None:
        free, total = running.consumer.permits_free, self.settings["concurrency"]
        running_handlers = sum(each.handling is not None for each in running.consumer._in_flight)
        assert running_handlers <= total - free, "a handler without a permit"

    async def stop(self, running: Running) -> None:
        began = now()
        forced = self.kind != "peaceful" and self.random.random() < 0.3
        running.consumer.stop()
        if forced:
            running.consumer.stop()
        await running.ended()
        assert now() - began <= self.settings["drain_seconds"] + 0.001
        await asyncio.sleep(1)
        assert running.consumer.permits_free == self.settings["concurrency"], "a permit leaked"

    async def clear_up(self) -> None:
        """Let a last consumer, with no fault left, finish what there is."""
        self.calm = True
        self.world.wire = Wire()
        last = self.start()
        await until(lambda: not self.world.queue.messages, seconds=3600, every_seconds=1)
        last.consumer.stop()
        last.consumer.stop()
        await last.ended()


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Log nothing: formatting what happens in ten thousand lives takes longer than living them."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.reset_defaults()


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_every_message_is_handled_or_set_aside_and_nothing_is_leaked(chunk: int) -> None:
    for seed in range(chunk, HISTORIES, CHUNKS):
        try:
            run(_life(seed))
        except BaseException as error:
            error.add_note(f"history {seed}: run `_life({seed})` to see it again")
            raise


async def _life(seed: int) -> None:
    random.seed(seed)  # the consumer's own jitter
    await Life(seed).live()
