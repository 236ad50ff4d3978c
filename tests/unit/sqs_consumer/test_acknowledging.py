from __future__ import annotations

import asyncio

from sqs_consumer import Message
from tests.support.fake_aws.wire import Fault, Wire
from tests.support.queue_world import Handled, QueueWorld, until
from tests.support.virtual_clock import virtual_time


@virtual_time
async def test_a_message_is_deleted_only_after_its_handler_has_come_to_its_durable_end() -> None:
    world = QueueWorld()
    world.send(1)
    present_at_the_end: list[int] = []

    async def durable(_message: Message) -> None:
        await asyncio.sleep(3)
        present_at_the_end.append(len(world.queue.messages))

    running = world.start(durable)
    await until(lambda: not world.queue.messages)
    assert present_at_the_end == [1]
    await running.stop()


@virtual_time
async def test_ten_messages_that_end_together_are_deleted_with_one_call() -> None:
    world, handled = QueueWorld(), Handled(seconds=3)
    world.send(10)
    running = world.start(handled)
    await until(lambda: not world.queue.messages)
    assert world.count("DeleteMessageBatch") == 1
    await running.stop()


@virtual_time
async def test_a_single_message_waits_only_milliseconds_for_company_at_its_delete() -> None:
    world, handled = QueueWorld(), Handled()
    world.send(1)
    running = world.start(handled)
    await asyncio.sleep(0.2)
    assert world.queue.messages == []
    await running.stop()


@virtual_time
async def test_every_failed_entry_of_a_delete_is_looked_at_and_tried_again() -> None:
    """Others have looked at the first failed entry alone, or at none."""
    wire = Wire()
    wire.refuse_entries("DeleteMessageBatch", {1: "InternalError", 4: "InternalError", 9: "Odd"})
    world, handled = QueueWorld(wire=wire), Handled(seconds=1)
    world.send(10)
    running = world.start(handled)
    await until(lambda: not world.queue.messages)
    assert len(handled.done) == 10, "nothing was handled twice"
    assert world.count("DeleteMessageBatch") >= 2
    await running.stop()


@virtual_time
async def test_a_delete_that_fails_as_a_whole_is_tried_again() -> None:
    wire = Wire()
    world, handled = QueueWorld(wire=wire), Handled(seconds=1)
    world.send(10)
    running = world.start(handled)
    await until(lambda: len(handled.begun) == 10)
    # the poller has a free hand from the handlers' end on, so its receive is the call before
    for after in (0, 1, 2):
        wire.fail_next(Fault.THROTTLED, after=after)
    await until(lambda: not world.queue.messages)
    assert len(handled.done) == 10
    await running.stop()


@virtual_time
async def test_a_failing_delete_does_not_hold_up_the_next_messages() -> None:
    wire = Wire()
    for _ in range(6):
        wire.refuse_entries("DeleteMessageBatch", dict.fromkeys(range(10), "InternalError"))
    world, handled = QueueWorld(wire=wire), Handled(seconds=1)
    world.send(15)
    running = world.start(handled, concurrency=10)
    await until(lambda: len(handled.done) == 15, seconds=3)
    await running.stop()
    assert world.queue.messages == []


@virtual_time
async def test_deletes_that_fail_for_long_hold_back_new_receives() -> None:
    """Finished work must not pile up without bounds: twice the concurrency is the most held."""
    wire = Wire()
    for _ in range(1000):
        wire.refuse_entries("DeleteMessageBatch", dict.fromkeys(range(10), "InternalError"))
    world, handled = QueueWorld(wire=wire), Handled(seconds=1)
    world.send(100)
    running = world.start(handled, concurrency=10)
    await asyncio.sleep(15)
    assert running.consumer.in_flight == 20
    running.consumer.stop()
    await running.stop()


@virtual_time
async def test_a_delete_with_a_receipt_of_the_past_is_not_repeated() -> None:
    world = QueueWorld()
    queue = world.sqs_queue()
    world.send(1)
    first = await queue.receive(1, wait_seconds=0, visibility_timeout_seconds=0)
    assert await queue.delete([first[0].receipt]) == [None]


@virtual_time
async def test_an_entry_that_sqs_says_nothing_about_counts_as_failed() -> None:
    class Forgetful:
        async def delete_message_batch(self, **_request: object) -> dict[str, object]:
            return {"Successful": [{"Id": "0"}]}

    queue = QueueWorld().sqs_queue()
    queue._sqs = Forgetful()  # type: ignore[assignment]
    results = await queue.delete(["a", "b"])
    assert results[0] is None
    assert results[1] is not None
    assert results[1].code == "Unconfirmed"
