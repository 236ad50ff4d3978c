from __future__ import annotations

import asyncio

import pytest

from sqs_consumer import Message, NotRetryable, RetryAfter
from sqs_consumer.back_pressure import FAILURES_TO_THROTTLE
from sqs_consumer.settings import LONGEST_IN_FLIGHT_SECONDS, SLOWEST_ANSWER_SECONDS
from tests.support.fake_aws.wire import Wire
from tests.support.queue_world import SETTINGS, Handled, QueueWorld, until
from tests.support.virtual_clock import now, virtual_time


class Failing:
    """A handler that raises, for as long as `failure` is set."""

    def __init__(self, failure: Exception | None) -> None:
        self.failure = failure
        self.at: list[float] = []
        self.receive_counts: list[int] = []
        self.done = 0

    async def __call__(self, message: Message) -> None:
        self.at.append(now())
        self.receive_counts.append(message.receive_count)
        if self.failure is not None:
            raise self.failure
        self.done += 1


@virtual_time
async def test_a_failed_message_comes_again_after_a_pause_that_grows() -> None:
    world, failing = QueueWorld(max_receive_count=1000), Failing(OSError("down"))
    world.send(1)
    running = world.start(failing, retry_base_seconds=10, retry_cap_seconds=40)
    await until(lambda: len(failing.at) == 9)
    pauses = [later - earlier for earlier, later in zip(failing.at, failing.at[1:], strict=False)]
    for attempt, pause in enumerate(pauses):
        assert pause <= min(40, 10 * 2**attempt) + 1.0
    assert failing.receive_counts == list(range(1, 10))
    await running.stop()


@virtual_time
async def test_messages_that_failed_together_do_not_come_again_together() -> None:
    world, failing = QueueWorld(), Failing(OSError("down"))
    world.send(8)
    running = world.start(failing, retry_base_seconds=100, retry_cap_seconds=100)
    await until(lambda: len(failing.at) == 16, seconds=2000)
    assert len({round(at) for at in failing.at[8:]}) >= 5
    await running.stop()


@virtual_time
async def test_a_handler_can_say_when_to_come_again() -> None:
    world, failing = QueueWorld(), Failing(RetryAfter(33))
    world.send(1)
    running = world.start(failing)
    await until(lambda: len(failing.at) == 2)
    assert failing.at[1] - failing.at[0] == pytest.approx(33, abs=0.2)
    await running.stop()


@virtual_time
async def test_nothing_comes_again_later_than_twelve_hours_after_its_receive() -> None:
    """SQS counts from there: it would refuse more, and the message would come with its time-out."""
    world, begun = QueueWorld(), list[float]()
    world.poll_seconds = SETTINGS.wait_seconds
    world.send(1)

    async def tomorrow(_message: Message) -> None:
        begun.append(now())
        await asyncio.sleep(3600)
        raise RetryAfter(24 * 3600)

    running = world.start(tomorrow)
    await until(lambda: len(begun) == 2, seconds=2 * 24 * 3600, every_seconds=10)
    again = begun[1] - begun[0]
    assert again >= LONGEST_IN_FLIGHT_SECONDS - SLOWEST_ANSWER_SECONDS - 1
    assert again <= LONGEST_IN_FLIGHT_SECONDS
    running.consumer.stop()
    await running.stop()


@virtual_time
async def test_a_message_that_fails_every_time_ends_in_the_dead_letter_queue() -> None:
    world, failing = QueueWorld(max_receive_count=3), Failing(OSError("down"))
    bodies = world.send(1)
    running = world.start(failing)
    await until(lambda: world.dead_letters.messages)
    assert len(failing.at) == 3
    assert [each.body for each in world.dead_letters.messages] == bodies
    await running.stop()


@virtual_time
async def test_what_is_not_retryable_is_set_aside_with_the_reason_at_once() -> None:
    world, failing = QueueWorld(), Failing(NotRetryable("no order has this id"))
    bodies = world.send(1)
    source = world.queue.messages[0].message_id
    running = world.start(failing)
    await until(lambda: not world.queue.messages)
    assert len(failing.at) == 1
    [message] = world.dead_letters.messages
    assert message.body == bodies[0]
    texts = {name: value["StringValue"] for name, value in message.attributes.items()}
    assert texts == {
        "reason": "no order has this id",
        "sourceMessageId": source,
        "receiveCount": "1",
    }
    await running.stop()


@virtual_time
async def test_the_attributes_of_a_message_go_with_it_as_far_as_there_is_room() -> None:
    world, failing = QueueWorld(), Failing(NotRetryable("no"))
    attributes = {f"a{n}": {"DataType": "String", "StringValue": "x"} for n in range(10)}
    world.queue.send("body", attributes)
    running = world.start(failing)
    await until(lambda: world.dead_letters.messages)
    kept = set(world.dead_letters.messages[0].attributes)
    assert len(kept) == 10
    assert {"reason", "sourceMessageId", "receiveCount", "a0"} <= kept
    await running.stop()


@pytest.mark.parametrize(
    ("reason", "shown"), [("", "unknown"), ("a\x00b\nc", "a b c"), ("x" * 5000, "x" * 256)]
)
def test_a_reason_is_made_fit_for_an_attribute(reason: str, shown: str) -> None:
    @virtual_time
    async def scenario() -> None:
        world = QueueWorld()
        world.send(1)
        running = world.start(Failing(NotRetryable(reason)))
        await until(lambda: world.dead_letters.messages)
        assert world.dead_letters.messages[0].attributes["reason"]["StringValue"] == shown
        await running.stop()

    scenario()


@virtual_time
async def test_a_message_is_not_deleted_before_its_copy_is_safe() -> None:
    """Where the dead-letter queue refuses, SQS's own redrive is the last net."""
    world, failing = QueueWorld(max_receive_count=2), Failing(NotRetryable("no"))
    bodies = world.send(1)
    url = world.dead_letters.url
    queue = world.aws.queues.pop("dead")  # nobody can send to it now
    running = world.start(failing)
    await until(lambda: queue.messages)
    assert url == queue.url
    assert [each.body for each in queue.messages] == bodies
    assert len(failing.at) == 2
    await running.stop()


@virtual_time
async def test_when_every_message_fails_the_backlog_is_not_burnt_into_the_dead_letter_queue() -> (
    None
):
    """A table that is down for ten minutes must not cost every waiting order its receives."""
    world, failing = QueueWorld(max_receive_count=3), Failing(OSError("table down"))
    world.send(500)
    running = world.start(failing, concurrency=20)
    await asyncio.sleep(600)
    assert len(world.dead_letters.messages) <= 60
    failing.failure = None
    await until(lambda: not world.queue.messages, seconds=120)
    assert failing.done >= 440
    await running.stop()


@virtual_time
async def test_after_a_short_outage_of_what_handlers_need_work_goes_on_within_seconds() -> None:
    world, failing = QueueWorld(max_receive_count=100), Failing(OSError("table down"))
    world.send(200)
    running = world.start(failing, concurrency=50)
    await asyncio.sleep(10)
    failing.failure = None
    await until(lambda: failing.done >= 50, seconds=15)
    await running.stop()


@virtual_time
async def test_a_few_bad_messages_slow_nobody_down() -> None:
    world, handled = QueueWorld(), Handled(seconds=1)
    world.send(200)

    async def mostly_good(message: Message) -> None:
        if message.body.endswith("7"):
            raise OSError("this one only")
        await handled(message)

    running = world.start(mostly_good, concurrency=20)
    await until(lambda: len(handled.done) == 180)
    assert now() < 180 / 20 * 1.3 + 2
    assert FAILURES_TO_THROTTLE < 20
    await running.stop()


@virtual_time
async def test_a_change_of_visibility_that_fails_leaves_the_message_to_its_time_out() -> None:
    wire = Wire()
    wire.refuse_entries("ChangeMessageVisibilityBatch", {0: "InternalError"})
    world, failing = QueueWorld(wire=wire), Failing(RetryAfter(1))
    world.send(1)
    running = world.start(failing)
    await until(lambda: len(failing.at) == 2)
    assert failing.at[1] == pytest.approx(60, abs=0.2)
    await running.stop()


@virtual_time
async def test_an_extension_on_the_wire_does_not_overtake_the_handlers_own_wish() -> None:
    """The queue goes by the later of two calls: the message would be hidden for a minute."""
    latency = {"seconds": 0.0}
    world = QueueWorld(wire=Wire(latency=lambda: latency["seconds"]))
    world.send(1)
    at: list[float] = []

    async def fails_while_it_is_extended(_message: Message) -> None:
        at.append(now())
        if len(at) == 1:
            await asyncio.sleep(17.9)
            latency["seconds"] = 0.4  # the extension leaves now
            await asyncio.sleep(0.3)
            latency["seconds"] = 0.0
            raise RetryAfter(2)

    running = world.start(fails_while_it_is_extended)
    await until(lambda: len(at) == 2)
    assert at[1] - at[0] < 18.2 + 2 + 1
    await running.stop()


@virtual_time
async def test_an_extension_that_hangs_does_not_keep_a_stop_from_handing_back() -> None:
    latency = {"seconds": 0.0}
    world = QueueWorld(wire=Wire(latency=lambda: latency["seconds"]))
    world.send(1)
    begun: list[str] = []

    async def works_for_long(message: Message) -> None:
        begun.append(message.body)
        await asyncio.sleep(17.9)
        latency["seconds"] = 1000.0
        await asyncio.sleep(0.3)
        latency["seconds"] = 0.0
        await asyncio.sleep(1000)

    running = world.start(works_for_long, concurrency=1)
    await asyncio.sleep(19)
    running.consumer.stop()
    await asyncio.sleep(1)
    running.consumer.stop()
    await running.ended()
    assert begun == ["message 0"]
    assert world.held() == []
