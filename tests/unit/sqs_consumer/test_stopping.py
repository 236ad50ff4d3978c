from __future__ import annotations

import asyncio

import pytest

from sqs_consumer import Message, Stopped
from sqs_consumer.settings import poll_seconds
from tests.support.fake_aws.wire import Fault, Wire
from tests.support.queue_world import SETTINGS, Handled, QueueWorld, until
from tests.support.virtual_clock import now, virtual_time


@virtual_time
async def test_work_in_hand_is_finished_and_deleted_and_nothing_new_is_begun() -> None:
    world, handled = QueueWorld(), Handled(seconds=3)
    world.send(30)
    running = world.start(handled)
    await until(lambda: handled.at_once == 10)
    stopped = await running.stop()
    assert stopped == Stopped(cut_short=0, forced=False)
    assert len(handled.done) == 10
    assert len(world.queue.messages) == 20
    assert world.held() == []


@virtual_time
async def test_what_the_open_receive_brings_is_handed_back_at_once() -> None:
    world, handled = QueueWorld(), Handled()
    running = world.start(handled)
    await asyncio.sleep(5)
    running.consumer.stop()
    await asyncio.sleep(1)
    bodies = world.send(10)
    await running.ended()
    assert handled.begun == []
    assert [each.body for each in world.queue.messages] == bodies
    assert world.held() == []


@virtual_time
async def test_what_is_handed_back_is_not_taken_in_again_by_another_open_receive() -> None:
    """Each receive counts, and after a few of them the message is moved to the dead letters."""
    world = QueueWorld()
    running = world.start(Handled(), concurrency=1000)
    await asyncio.sleep(5)
    running.consumer.stop()
    await asyncio.sleep(1)
    world.send(3)
    await running.ended()
    assert [each.receive_count for each in world.queue.messages] == [1] * 3
    assert world.held() == []


@virtual_time
async def test_an_idle_consumer_stops_when_its_long_poll_ends() -> None:
    world = QueueWorld()
    running = world.start(Handled())
    await asyncio.sleep(5)
    await running.stop()
    assert now() == pytest.approx(20, abs=0.5)


@virtual_time
async def test_a_poller_that_waits_for_permits_stops_at_once() -> None:
    world, handled = QueueWorld(), Handled(seconds=3)
    world.send(10)
    running = world.start(handled)
    await until(lambda: handled.at_once == 10)
    began = now()
    await running.stop()
    assert now() - began < 3.5


@virtual_time
async def test_handlers_that_take_longer_than_the_drain_are_cut_short_and_handed_back() -> None:
    world, handled = QueueWorld(wire=Wire(latency=lambda: 0.5)), Handled(seconds=1000)
    bodies = world.send(10)
    running = world.start(handled)
    await until(lambda: handled.at_once == 10)
    began = now()
    stopped = await running.stop()
    assert now() - began <= 30
    assert stopped == Stopped(cut_short=10, forced=False)
    assert sorted(handled.cancelled) == sorted(bodies)
    assert world.held() == []


@virtual_time
async def test_work_that_ends_within_the_drain_is_never_cut_short() -> None:
    world, handled = QueueWorld(), Handled(seconds=26)
    world.send(10)
    running = world.start(handled)
    await until(lambda: handled.at_once == 10)
    stopped = await running.stop()
    assert stopped.cut_short == 0
    assert world.queue.messages == []


@virtual_time
async def test_deletes_are_flushed_before_the_end() -> None:
    world, handled = QueueWorld(), Handled(seconds=3)
    world.send(3)
    running = world.start(handled, concurrency=3)
    await until(lambda: len(handled.done) == 3)
    await running.stop()
    assert world.queue.messages == []


@virtual_time
async def test_messages_in_hand_are_extended_during_the_drain() -> None:
    world, handled = QueueWorld(), Handled(seconds=70)
    world.send(5)
    running = world.start(handled, drain_seconds=100, concurrency=5)
    await until(lambda: handled.at_once == 5)
    await running.stop()
    assert len(handled.begun) == 5
    assert world.queue.messages == []


@virtual_time
async def test_a_second_stop_forces_the_end_and_still_hands_back() -> None:
    world, handled = QueueWorld(), Handled(seconds=1000)
    world.send(10)
    running = world.start(handled)
    await until(lambda: handled.at_once == 10)
    began = now()
    running.consumer.stop()
    await asyncio.sleep(1)
    running.consumer.stop()
    assert await running.ended() == Stopped(cut_short=10, forced=True)
    assert now() - began < 2.5
    assert world.held() == []


@virtual_time
async def test_what_is_handed_back_by_force_is_not_taken_by_the_receive_that_was_cut_off() -> None:
    """SQS may go on with a long poll whose caller has left; it has to be over first."""
    world, handled = QueueWorld(), Handled(seconds=1000)
    world.send(5)
    running = world.start(handled)
    await until(lambda: handled.at_once == 5)
    await asyncio.sleep(1)  # a long poll for the other five is open
    running.consumer.stop()
    running.consumer.stop()
    await running.ended()
    await asyncio.sleep(SETTINGS.wait_seconds + 1)
    assert world.held() == []
    assert [each.receive_count for each in world.queue.messages] == [1] * 5


@virtual_time
async def test_a_consumer_that_never_reached_its_queue_can_be_stopped() -> None:
    wire = Wire(faults=dict.fromkeys(range(10_000), Fault.BROKEN))
    running = QueueWorld(wire=wire).start(Handled())
    await asyncio.sleep(100)
    began = now()
    assert await running.stop() == Stopped(cut_short=0, forced=False)
    assert now() - began < 1


@virtual_time
async def test_a_queue_that_hangs_does_not_keep_the_consumer_beyond_the_drain() -> None:
    latency = {"seconds": 0.0}
    world, handled = QueueWorld(wire=Wire(latency=lambda: latency["seconds"])), Handled(seconds=3)
    world.send(10)
    running = world.start(handled)
    await until(lambda: handled.at_once == 10)
    latency["seconds"] = 10_000.0
    began = now()
    await running.stop()
    assert now() - began <= 30


@virtual_time
async def test_it_is_not_ready_while_it_stops() -> None:
    world, handled = QueueWorld(), Handled(seconds=3)
    world.send(1)
    running = world.start(handled)
    await until(lambda: handled.begun)
    assert running.ready()
    running.consumer.stop()
    assert not running.ready()
    await running.ended()


@virtual_time
async def test_a_message_received_before_the_stop_but_not_begun_is_handed_back() -> None:
    """Between the receive and the first step of the handler lies a turn of the event loop."""
    world = QueueWorld()
    begun: list[str] = []
    running = world.start(handled_in(begun))
    deliver = running.consumer._receiving._deliver

    def deliver_and_stop(message: Message) -> None:
        deliver(message)
        running.consumer.stop()

    running.consumer._receiving._deliver = deliver_and_stop
    world.send(1)
    await running.ended()
    assert begun == []
    assert world.held() == []


def handled_in(begun: list[str]) -> Handled:
    return Handled(begun=begun)


@pytest.mark.parametrize(
    ("drain", "poll"), [(2, 1), (5, 3), (10, 7), (26, 19), (30, 20), (110, 20)]
)
def test_a_long_poll_always_ends_within_the_drain(drain: float, poll: int) -> None:
    assert poll_seconds(drain) == poll
    assert poll < drain * 0.9
