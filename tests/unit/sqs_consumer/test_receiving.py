from __future__ import annotations

import asyncio
import random

from sqs_consumer import Message
from sqs_consumer.receiving import MAX_POLLERS, MAX_STEADY_POLLERS
from tests.support.fake_aws.wire import Wire
from tests.support.queue_world import Handled, QueueWorld, until
from tests.support.virtual_clock import now, virtual_time


@virtual_time
async def test_never_more_messages_are_worked_on_than_there_are_permits() -> None:
    world, handled = QueueWorld(), Handled(seconds=3)
    bodies = world.send(50)
    running = world.start(handled, concurrency=7)
    await until(lambda: len(handled.done) == 50)
    await running.stop()
    assert handled.most_at_once == 7
    assert sorted(handled.done) == sorted(bodies)


@virtual_time
async def test_no_message_is_taken_before_there_is_a_hand_for_it() -> None:
    """What waits in the process could be worked on by another one."""
    world, handled = QueueWorld(), Handled(seconds=3)
    world.send(30)
    running = world.start(handled, concurrency=7)
    await asyncio.sleep(1)
    assert len(world.held()) == 7
    await running.stop()


@virtual_time
async def test_a_receive_asks_for_no_more_than_ten() -> None:
    """The fake refuses more, as SQS does."""
    world, handled = QueueWorld(), Handled(seconds=1)
    world.send(25)
    running = world.start(handled, concurrency=25)
    await until(lambda: len(handled.done) == 25)
    assert now() < 2
    await running.stop()


@virtual_time
async def test_a_thousand_hands_are_filled_within_a_fraction_of_a_payment() -> None:
    """Pollers are added while receives come back full: one alone would take 1000 / 10 x 40 ms."""
    world, handled = QueueWorld(wire=Wire(latency=lambda: 0.02)), Handled(seconds=3)
    world.send(1000)
    running = world.start(handled, concurrency=1000)
    await until(lambda: handled.at_once == 1000)
    assert now() < 100 * 0.04 / MAX_POLLERS + 0.5
    await running.stop()


@virtual_time
async def test_an_empty_queue_is_polled_by_one_poller_for_twenty_seconds_at_a_time() -> None:
    world = QueueWorld()
    running = world.start(Handled(), concurrency=100)
    await asyncio.sleep(119)
    assert world.count("ReceiveMessage") == 6
    await running.stop()


@virtual_time
async def test_a_thousand_hands_have_several_steady_pollers() -> None:
    world = QueueWorld()
    running = world.start(Handled(), concurrency=1000)
    await asyncio.sleep(119)
    assert world.count("ReceiveMessage") == 6 * MAX_STEADY_POLLERS
    await running.stop()


@virtual_time
async def test_extra_pollers_end_when_the_queue_runs_dry() -> None:
    world, handled = QueueWorld(), Handled(seconds=0.01)
    world.send(400)
    running = world.start(handled, concurrency=100)
    await until(lambda: len(handled.done) == 400)
    before = world.count("ReceiveMessage")
    await asyncio.sleep(119)
    assert world.count("ReceiveMessage") - before <= MAX_POLLERS + 6
    await running.stop()


@virtual_time
async def test_messages_that_finish_together_are_replaced_by_one_receive() -> None:
    world, chance = QueueWorld(), random.Random(1)  # noqa: S311 - repeatable on purpose
    world.send(100)
    done: list[float] = []

    async def about_three_seconds(_message: Message) -> None:
        await asyncio.sleep(3 + chance.uniform(0, 0.001))
        done.append(now())

    running = world.start(about_three_seconds, concurrency=10)
    await until(lambda: len(done) == 100)
    assert world.count("ReceiveMessage") <= 15
    await running.stop()


@virtual_time
async def test_one_message_never_waits_for_another_of_its_receive() -> None:
    world = QueueWorld()
    world.send(10)
    slow = world.queue.messages[0].message_id
    handled: list[str] = []

    async def slow_for_one(message: Message) -> None:
        await asyncio.sleep(50 if message.message_id == slow else 1)
        handled.append(message.message_id)

    running = world.start(slow_for_one, concurrency=10)
    await until(lambda: len(handled) == 9)
    world.send(5)
    await until(lambda: len(handled) == 14)
    assert now() < 5
    await running.stop()


@virtual_time
async def test_permits_of_an_empty_receive_come_back() -> None:
    world = QueueWorld()
    running = world.start(Handled(), concurrency=3)
    await asyncio.sleep(50)
    assert running.consumer.permits_free == 0  # held by the open receive
    await running.stop()
    assert running.consumer.permits_free == 3
