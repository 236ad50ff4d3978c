"""A redrive that meets faults and crashes at any call loses no message and forgets none."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from ops.calls import RateLimit, Unanswered
from ops.dead_letters import DeadLetter, DeadLetterQueue
from ops.redrive import LONGEST_FIRST_TIMEOUT_SECONDS, Redrive, Tally
from ops.redrive_routes import ToQueue
from tests.support.fake_aws.queues import Mischief, Queue
from tests.support.fake_aws.wire import Fault, ProcessCrash, Wire
from tests.support.operator_aws import OperatorAws, text_attributes

REASONS = ("table is down", "unreadable", "")
FAULTS = (
    Fault.CRASH_BEFORE,
    Fault.CRASH_AFTER,
    Fault.THROTTLED,
    Fault.BROKEN,
    Fault.LOST_ANSWER,
    Fault.REPEATED,
)
# Short runs have few calls: most faults should meet one.
faults = st.dictionaries(st.integers(0, 15), st.sampled_from(FAULTS), max_size=2)
reasons = st.lists(st.sampled_from(REASONS), min_size=1, max_size=40)


class World:
    """A dead-letter queue with one message a reason, and the queue that it belongs to."""

    def __init__(self, dead: list[str], mischief: Mischief | None = None) -> None:
        self.aws = OperatorAws(mischief)
        self.queue = self.aws.queue("orders")
        self.dead_letters = self.aws.queue("dead")
        for number, reason in enumerate(dead):
            attributes = text_attributes(
                trace=str(number), **({"reason": reason} if reason else {})
            )
            self.dead_letters.send(f"body {number}", attributes)

    def redrive(self, wanted: str | None, wire: Wire | None = None) -> Tally:
        """Run one redrive as a process of its own."""

        def matches(letter: DeadLetter) -> bool:
            return wanted is None or wanted in letter.reason

        sqs, tally = self.aws.sqs(wire), Tally()
        rate = RateLimit(100, clock=self.aws.loop.time, sleep=self.aws.sleep)
        redrive = Redrive(
            DeadLetterQueue(sqs, self.dead_letters.url),
            ToQueue(sqs, self.queue.url),
            rate,
            wanted=matches,
        )
        with suppress(ProcessCrash, Unanswered):
            redrive.run(tally, lambda _done, _total: None)
        return tally


def bodies(queue: Queue) -> Counter[str]:
    return Counter(message.body for message in queue.messages)


def chosen(dead: list[str], wanted: str | None) -> set[str]:
    return {
        f"body {number}"
        for number, reason in enumerate(dead)
        if wanted is None or (reason and wanted in reason)
    }


@given(reasons, st.sampled_from([None, "table", "unreadable"]), faults, faults)
def test_nothing_is_lost_whatever_call_fails_or_is_the_last_one(
    dead: list[str], wanted: str | None, first: dict[int, Fault], second: dict[int, Fault]
) -> None:
    world = World(dead)
    everything = {f"body {number}" for number in range(len(dead))}
    for met in (first, second, {}):
        world.redrive(wanted, Wire(faults=met))
        assert everything == set(bodies(world.queue)) | set(bodies(world.dead_letters))
        # What a killed redrive was looking at is hidden for a while, and no longer.
        world.aws.sleep(LONGEST_FIRST_TIMEOUT_SECONDS)
        assert len(world.dead_letters.visible()) == len(world.dead_letters.messages)
    assert set(bodies(world.queue)) == chosen(dead, wanted)
    assert set(bodies(world.dead_letters)) == everything - chosen(dead, wanted)
    world.aws.close()


@given(reasons, st.sampled_from([None, "table", "unreadable"]), st.integers(0, 3))
def test_without_faults_each_message_arrives_once_and_the_others_are_visible_at_once(
    dead: list[str], wanted: str | None, seed: int
) -> None:
    world = World(dead, Mischief(seed=seed, shuffled=True))
    tally = world.redrive(wanted)
    assert bodies(world.queue) == Counter(chosen(dead, wanted))
    assert tally.moved.total() == len(chosen(dead, wanted))
    assert tally.left.total() == len(dead) - tally.moved.total()
    assert len(world.dead_letters.visible()) == len(world.dead_letters.messages)
    world.aws.close()


@given(reasons, st.integers(0, 50))
def test_a_queue_that_delivers_twice_and_undeletes_ends_all_the_same(
    dead: list[str], seed: int
) -> None:
    world = World(dead, Mischief(seed=seed, shuffled=True, duplicate=0.3, undelete=0.3))
    tally = world.redrive("table")
    assert bodies(world.queue) == Counter(chosen(dead, "table")), "sent twice in one redrive"
    left = set(bodies(world.dead_letters))
    assert left >= {f"body {number}" for number in range(len(dead))} - chosen(dead, "table")
    assert tally.seen == len(dead)
    world.aws.close()


@given(st.lists(st.sampled_from(["fit", "poison"]), min_size=1, max_size=30))
def test_a_message_that_comes_back_at_once_is_left_there(kinds: list[str]) -> None:
    """The consumer sets what it cannot read aside again, while the redrive still goes on."""
    world = World(kinds)

    class Consumer(Queue):
        def send(self, body: str, attributes: object = None) -> str:
            assert isinstance(attributes, dict)
            if kinds[int(body.removeprefix("body "))] == "poison":
                world.dead_letters.send(body, {**attributes, **text_attributes(reason="poison")})
            return super().send(body, attributes)

    world.queue.__class__ = Consumer
    tally = world.redrive(None)
    assert bodies(world.queue) == Counter(f"body {number}" for number in range(len(kinds)))
    assert tally.came_back.total() == kinds.count("poison") == len(world.dead_letters.visible())
    world.aws.close()
