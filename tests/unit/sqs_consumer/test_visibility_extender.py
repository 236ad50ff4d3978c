from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from sqs_consumer import Message, NotRetryable, RetryAfter
from sqs_consumer.settings import LONGEST_IN_FLIGHT_SECONDS, SLOWEST_ANSWER_SECONDS
from tests.support.fake_aws.wire import Fault, Wire
from tests.support.logs import capture_logs
from tests.support.queue_world import SETTINGS, Handled, QueueWorld, until
from tests.support.virtual_clock import now, virtual_time


@virtual_time
async def test_work_longer_than_the_visibility_time_out_is_done_once() -> None:
    world, handled = QueueWorld(), Handled(seconds=500)
    world.send(10)
    running = world.start(handled)
    await until(lambda: not world.queue.messages)
    assert len(handled.begun) == 10
    await running.stop()


@virtual_time
async def test_an_extension_that_gains_less_than_a_second_is_made_too() -> None:
    world, handled = QueueWorld(), Handled(seconds=60)
    world.send(3)
    running = world.start(
        handled, visibility_timeout_seconds=4, visibility_extension_interval_seconds=1
    )
    await until(lambda: not world.queue.messages)
    assert len(handled.begun) == 3
    await running.stop()


@virtual_time
async def test_messages_are_extended_in_batches_of_ten() -> None:
    world, handled = QueueWorld(), Handled(seconds=70)
    world.send(100)
    running = world.start(handled, concurrency=100)
    await until(lambda: len(handled.done) == 100)
    # three beats of twenty seconds fit into seventy
    assert world.count("ChangeMessageVisibilityBatch") == 30
    await running.stop()


@virtual_time
async def test_short_work_is_never_extended() -> None:
    world, handled = QueueWorld(), Handled(seconds=3)
    world.send(100)
    running = world.start(handled)
    await until(lambda: len(handled.done) == 100)
    assert world.count("ChangeMessageVisibilityBatch") == 0
    await running.stop()


@virtual_time
async def test_no_message_comes_closer_to_its_expiry_than_interval_and_visibility_say() -> None:
    world, handled = QueueWorld(), Handled(seconds=300)
    running = world.start(handled, concurrency=50)
    closest = float("inf")
    for second in range(250):
        if second % 7 == 0 and second < 200:
            world.send(1)
        await asyncio.sleep(1)
        left = [each.visible_at - now() for each in world.queue.messages if each.handle]
        closest = min([closest, *left])
    assert (
        closest
        >= SETTINGS.visibility_timeout_seconds
        - SETTINGS.visibility_extension_interval_seconds
        - 0.1
    )
    running.consumer.stop()
    await running.stop()


@virtual_time
async def test_an_extension_that_fails_is_tried_again_before_the_message_expires() -> None:
    wire = Wire()
    world, handled = QueueWorld(wire=wire), Handled(seconds=100)
    world.send(1)
    running = world.start(handled, concurrency=1)
    await asyncio.sleep(10)
    for after in range(3):
        wire.fail_next(Fault.THROTTLED, after=after)
    await until(lambda: not world.queue.messages)
    assert len(handled.begun) == 1
    await running.stop()


@virtual_time
async def test_a_slow_extension_makes_no_other_message_late() -> None:
    """Extensions of different messages do not wait for each other."""
    latency = {"seconds": 0.0}
    wire = Wire(latency=lambda: latency["seconds"])
    world, handled = QueueWorld(wire=wire), Handled(seconds=100)
    world.send(1)
    running = world.start(handled, concurrency=2)
    await asyncio.sleep(10)
    world.send(1)
    await asyncio.sleep(8)
    latency["seconds"] = 9.0
    await asyncio.sleep(5)  # the first extension is under way
    latency["seconds"] = 0.0
    await until(lambda: not world.queue.messages)
    assert len(handled.begun) == 2
    await running.stop()


@virtual_time
async def test_a_handler_whose_message_is_gone_is_cancelled() -> None:
    """Somebody else received and deleted it since: there is nothing left to do."""
    world, handled = QueueWorld(), Handled(seconds=100)
    world.send(1)
    running = world.start(handled)
    await until(lambda: handled.begun)
    world.queue.messages.clear()
    await until(lambda: handled.cancelled)
    assert now() < 2 * SETTINGS.visibility_extension_interval_seconds
    assert world.count("ChangeMessageVisibilityBatch") == 1, "it was asked for more than once"
    await running.stop()


@virtual_time
async def test_a_message_that_somebody_else_received_is_left_to_him() -> None:
    """SQS says yes to the extension of a receipt that has expired: nobody is told."""
    world, handled = QueueWorld(), Handled(seconds=100)
    world.send(1)
    running = world.start(handled)
    await until(lambda: handled.begun)
    message = world.queue.messages[0]
    message.visible_at = now()
    world.queue.receive(1, 500)
    await until(lambda: handled.done)
    await running.stop()
    assert world.count("DeleteMessageBatch") == 1
    assert message in world.queue.messages, "whoever has it now keeps it"
    assert message.visible_at == pytest.approx(500, abs=1)


@virtual_time
async def test_a_message_in_work_for_hours_is_hidden_for_as_long_as_sqs_allows() -> None:
    """Twelve hours from the receive; more is refused, not cut down."""
    day = 24 * 3600
    world, handled = QueueWorld(max_receive_count=1), Handled(seconds=day)
    world.send(1)
    hours = {
        "visibility_timeout_seconds": 5 * 3600,
        "visibility_extension_interval_seconds": 3 * 3600,
    }
    with capture_logs() as logs:
        running = world.start(handled, concurrency=1, **hours)
        await until(lambda: handled.cancelled, seconds=day, every_seconds=10)
    assert now() == pytest.approx(LONGEST_IN_FLIGHT_SECONDS, abs=SLOWEST_ANSWER_SECONDS + 10)
    assert [log["reason"] for log in logs if log["event"] == "message_lost"] == ["too_old"]
    assert not [log for log in logs if log["event"] == "queue_failing"]
    assert world.count("ChangeMessageVisibilityBatch") == 3, "the last at 9 hours, for 3"
    await running.stop()


@virtual_time
async def test_a_message_that_cannot_be_extended_until_it_expires_is_lost() -> None:
    wire = Wire()
    world, handled = QueueWorld(wire=wire), Handled(seconds=1000)
    world.send(1)
    running = world.start(handled, concurrency=1)
    await until(lambda: handled.begun)
    for after in range(200):
        wire.fail_next(Fault.BROKEN, after=after)
    await until(lambda: handled.cancelled)
    assert now() == pytest.approx(SETTINGS.visibility_timeout_seconds, abs=0.5)
    running.consumer.stop()
    await running.stop()


@virtual_time
async def test_a_handler_that_hangs_loses_its_message_at_the_maximum_age() -> None:
    world, handled = QueueWorld(max_receive_count=1), Handled(seconds=10_000)
    world.send(1)
    running = world.start(handled, max_age_seconds=300)
    await until(lambda: handled.cancelled)
    assert now() == pytest.approx(300, abs=1)
    await until(lambda: world.dead_letters.messages)
    await running.stop()


@virtual_time
async def test_a_handler_that_swallows_its_cancellation_deletes_nothing_that_was_lost() -> None:
    world = QueueWorld()
    world.send(1)
    ended: list[str] = []

    async def stubborn(message: Message) -> None:
        try:
            await asyncio.sleep(1000)
        except asyncio.CancelledError:
            ended.append(message.body)

    running = world.start(stubborn)
    await until(world.held)
    world.queue.messages.clear()
    await until(lambda: ended)
    await asyncio.sleep(1)
    assert world.count("DeleteMessageBatch") == 0
    await running.stop()


@pytest.mark.parametrize(
    "late", [NotRetryable("too late"), RetryAfter(1), ValueError("too late"), None]
)
@virtual_time
async def test_nothing_is_sent_about_a_message_that_was_lost(late: Exception | None) -> None:
    """Its visibility ran out, it is another's: a late end of its handler is nobody's business."""
    wire = Wire()
    world = QueueWorld(wire=wire)
    world.send(1)
    begun: list[str] = []
    ended: list[str] = []

    async def stubborn(message: Message) -> None:
        begun.append(message.body)
        try:
            await asyncio.sleep(1000)
        except asyncio.CancelledError:
            wire.faults.clear()
            await asyncio.sleep(1)
            ended.append(message.body)
            if late is not None:
                raise late from None

    running = world.start(stubborn, concurrency=1)
    await until(lambda: begun)
    for after in range(200):
        wire.fail_next(Fault.BROKEN, after=after)
    await until(lambda: ended)
    extensions = world.count("ChangeMessageVisibilityBatch")
    await until(lambda: len(begun) == 2)
    assert world.dead_letters.messages == []
    assert {name for name in wire.calls if "Send" in name or "Delete" in name} == set()
    assert world.count("ChangeMessageVisibilityBatch") == extensions
    world.queue.messages.clear()
    running.consumer.stop()
    await running.stop()


@pytest.mark.parametrize(
    "wrong",
    [
        {"concurrency": 0},
        {"visibility_extension_interval_seconds": 0},
        {"visibility_extension_interval_seconds": 60},
        {"wait_seconds": 21},
        {"wait_seconds": 0},
        {"drain_seconds": 20},
        {"drain_seconds": 22},
        {"max_age_seconds": 59},
    ],
)
def test_settings_that_could_not_work_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        replace(SETTINGS, **wrong)  # type: ignore[arg-type]
