"""Each of these was found in somebody's SQS consumer; here it is a test."""

from __future__ import annotations

import asyncio

from sqs_consumer import Message
from tests.support.fake_aws.wire import Fault, Wire
from tests.support.queue_world import Handled, QueueWorld, until
from tests.support.virtual_clock import now, virtual_time


@virtual_time
async def test_permit_given_back_twice() -> None:
    """Shoryuken: a message that was lost and then failed freed two places, and so on for ever."""
    world, handled = QueueWorld(max_receive_count=1000), Handled(seconds=50)

    async def fails_when_told_that_it_lost_its_message(message: Message) -> None:
        try:
            await handled(message)
        except asyncio.CancelledError:
            raise OSError("failed at the end as well") from None

    world.send(20)
    running = world.start(fails_when_told_that_it_lost_its_message, concurrency=4)
    for _ in range(20):
        await asyncio.sleep(15)
        for message in world.queue.messages:
            message.handle = "somebody else's"
    assert handled.most_at_once == 4
    await until(lambda: not world.queue.messages)
    await running.stop()
    assert running.consumer.permits_free == 4


@virtual_time
async def test_unbounded_stop() -> None:
    """A handler that does not listen to its cancellation kept others from ever ending."""
    world = QueueWorld()
    world.send(2)
    begun: list[Message] = []

    async def deaf(message: Message) -> None:
        begun.append(message)
        while True:
            try:
                await asyncio.sleep(10)
            except asyncio.CancelledError:
                if now() > 500:  # the test's own end
                    raise

    gentle, forced = world.start(deaf, concurrency=1), world.start(deaf, concurrency=1)
    await until(lambda: len(begun) == 2)
    began = now()
    forced.consumer.stop()
    await forced.stop()
    assert now() - began <= 1.5
    await gentle.stop()
    assert now() - began <= 32
    await asyncio.sleep(500)
    for task in gentle.consumer._tasks | forced.consumer._tasks:
        task.cancel()


@virtual_time
async def test_deadlock_on_the_second_signal() -> None:
    """At any moment of a stop, and however often: it ends."""
    for moment in (0.0, 0.001, 1.0, 15.0, 26.9, 27.0, 29.9):
        world, handled = QueueWorld(), Handled(seconds=1000)
        world.send(5)
        running = world.start(handled)
        await until(lambda handled=handled: handled.begun)  # type: ignore[misc]
        running.consumer.stop()
        await asyncio.sleep(moment)
        for _ in range(3):
            running.consumer.stop()
        async with asyncio.timeout(31):
            assert (await running.ended()).forced or moment >= 27.0


@virtual_time
async def test_only_the_first_failed_delete_looked_at() -> None:
    wire = Wire()
    wire.refuse_entries("DeleteMessageBatch", dict.fromkeys(range(2, 8), "InternalError"))
    world, handled = QueueWorld(wire=wire), Handled(seconds=1)
    world.send(10)
    running = world.start(handled)
    await until(lambda: len(handled.done) == 10)
    await asyncio.sleep(20)
    assert world.queue.messages == []
    await running.stop()
    assert len(handled.begun) == 10


@virtual_time
async def test_one_abort_for_receive_and_delete() -> None:
    """bbc/sqs-consumer: stopping aborted the delete of finished work together with the receive."""
    world, handled = QueueWorld(wire=Wire(latency=lambda: 0.5)), Handled(seconds=3)
    world.send(10)
    running = world.start(handled, concurrency=20)
    await until(lambda: len(handled.done) == 10)  # their deletes take a second from here
    running.consumer.stop()
    await asyncio.sleep(0.1)
    running.consumer.stop()
    assert (await running.ended()).forced
    assert world.queue.messages == []


@virtual_time
async def test_receive_error_ends_the_loop() -> None:
    wire = Wire(faults=dict.fromkeys(range(1, 40, 2), Fault.BROKEN))
    world, handled = QueueWorld(wire=wire, max_receive_count=1000), Handled()
    running = world.start(handled)
    for _ in range(10):
        world.send(1)
        await asyncio.sleep(60)
    await until(lambda: not world.queue.messages)
    assert len(handled.done) >= 10
    await running.stop()


@virtual_time
async def test_whole_batch_wait() -> None:
    """bbc/sqs-consumer: nothing new was received until the slowest of ten had ended."""
    world = QueueWorld()
    done: list[float] = []

    async def one_in_ten_is_slow(message: Message) -> None:
        await asyncio.sleep(30 if message.body.endswith("0") else 1)
        done.append(now())

    world.send(40)
    running = world.start(one_in_ten_is_slow, concurrency=10)
    await until(lambda: len(done) == 36)
    assert now() < 10
    await running.stop()


@virtual_time
async def test_cancelled_receive_swallows_messages() -> None:
    """taskiq: what a receive brought that was cut off at the stop stayed invisible for minutes."""
    for stop_after in (0.05, 0.15, 0.3, 5.0):
        world, handled = QueueWorld(wire=Wire(latency=lambda: 0.1)), Handled(seconds=0.5)
        running = world.start(handled, concurrency=30)
        await asyncio.sleep(3)
        world.send(30)
        await asyncio.sleep(stop_after)
        await running.stop()
        assert world.held() == [], "a message is left invisible"
        assert len(handled.done) + len(world.queue.messages) == 30


@virtual_time
async def test_the_test_before_can_fail() -> None:
    """A stop that cuts the receive off does leave messages invisible in this world."""
    world, handled = QueueWorld(wire=Wire(latency=lambda: 0.1)), Handled()
    running = world.start(handled, concurrency=30)
    await asyncio.sleep(3)
    running.consumer.stop()
    running.consumer.stop()
    await running.ended()
    world.send(5)
    await asyncio.sleep(1)
    assert len(world.held()) == 5
