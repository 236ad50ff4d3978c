from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError, NoCredentialsError

from tests.support.fake_aws.refusals import refusal
from tests.support.fake_aws.wire import Fault, Wire
from tests.support.logs import capture_logs
from tests.support.queue_world import Handled, QueueWorld, until
from tests.support.virtual_clock import now, run, virtual_time


def named(logs: Sequence[Mapping[str, Any]], event: str) -> list[Mapping[str, Any]]:
    return [entry for entry in logs if entry["event"] == event]


class Outage(Wire):
    """A wire that breaks for as long as it is told to, with an error of choice."""

    def __init__(self, error: Exception | None = None) -> None:
        super().__init__()
        self.broken = False
        self.error = error

    async def carry(self, operation: str, act: Any) -> Any:
        if self.broken and self.error:
            raise self.error
        if self.broken:
            self.fail_next(Fault.BROKEN)
        return await super().carry(operation, act)


@pytest.mark.parametrize(
    "error",
    [
        refusal("ExpiredTokenException", "The security token is expired", status=403),
        refusal("AccessDenied", "not any more", status=403),
        refusal("AWS.SimpleQueueService.NonExistentQueue", "no such queue"),
        refusal("RequestThrottled", "slow down"),
        NoCredentialsError(),
        EndpointConnectionError(endpoint_url="https://sqs"),
        ConnectTimeoutError(endpoint_url="https://sqs"),
        OSError("no route to host"),
        TimeoutError(),
    ],
    ids=lambda error: getattr(error, "response", {}).get("Error", {}).get("Code") or repr(error),
)
def test_whatever_keeps_the_queue_away_is_waited_out_and_nothing_is_handled_twice(
    error: Exception,
) -> None:
    """Five minutes of it, from within the first payments on: also deletes and extensions fail."""

    async def scenario() -> None:
        wire = Outage(error)
        world, handled = QueueWorld(wire=wire, max_receive_count=100), Handled(seconds=3)
        bodies = world.send(20)
        running = world.start(handled, visibility_timeout_seconds=600, max_age_seconds=1000)
        await until(lambda: handled.begun)
        wire.broken = True
        await asyncio.sleep(300)
        assert not running.ready()
        wire.broken = False
        await until(lambda: not world.queue.messages, seconds=60)
        assert sorted(handled.begun) == sorted(bodies)
        assert running.ready()
        await running.stop()

    run(scenario())


@pytest.mark.parametrize("fault", [Fault.THROTTLED, Fault.BROKEN, Fault.LOST_ANSWER])
def test_no_error_of_a_receive_ends_the_loop(fault: Fault) -> None:
    async def scenario() -> None:
        wire = Wire(faults=dict.fromkeys(range(1, 30), fault))
        world, handled = QueueWorld(wire=wire, max_receive_count=100), Handled()
        world.send(5)
        running = world.start(handled)
        await until(lambda: len(handled.done) >= 5)
        await running.stop()

    run(scenario())


@virtual_time
async def test_a_queue_that_was_deleted_and_made_again_is_consumed_again() -> None:
    world, handled = QueueWorld(), Handled()
    running = world.start(handled)
    await asyncio.sleep(1)
    queue = world.aws.queues.pop("work")
    await asyncio.sleep(300)
    world.aws.queues["work"] = queue
    world.send(3)
    await until(lambda: len(handled.done) == 3, seconds=40)
    await running.stop()


@virtual_time
async def test_an_error_that_nobody_foresaw_does_not_end_the_loop_either() -> None:
    class Surprising(Wire):
        async def carry(self, operation: str, act: Any) -> Any:
            answer = await super().carry(operation, act)
            surprised = operation == "ReceiveMessage" and self.calls.count(operation) == 1
            return {"Messages": [{"nothing": "of use"}]} if surprised else answer

    world, handled = QueueWorld(wire=Surprising()), Handled()
    running = world.start(handled)
    await asyncio.sleep(25)
    world.send(1)
    await until(lambda: handled.done)
    await running.stop()


@virtual_time
async def test_failing_receives_back_off_and_do_not_hammer_the_queue() -> None:
    wire = Outage()
    world = QueueWorld(wire=wire)
    running = world.start(Handled())
    await asyncio.sleep(1)
    wire.broken = True
    await asyncio.sleep(30)
    before = world.count("ReceiveMessage")
    await asyncio.sleep(600)
    calls = world.count("ReceiveMessage") - before
    assert 600 / 10 < calls < 600 / 2.5
    await running.stop()


@virtual_time
async def test_an_outage_is_logged_once_a_minute_with_counts() -> None:
    wire = Outage()
    world = QueueWorld(wire=wire)
    running = world.start(Handled())
    await asyncio.sleep(25)
    with capture_logs() as logs:
        wire.broken = True
        await asyncio.sleep(600)
        wire.broken = False
        await asyncio.sleep(60)
    lines = named(logs, "queue_failing")
    assert 9 <= len(lines) <= 11
    assert all(line["counts"]["receive: InternalServerError"] >= 1 for line in lines)
    assert max(line["counts"]["receive: InternalServerError"] for line in lines) > 5
    assert "InternalServerError" in lines[0]["last_error"]
    assert len(named(logs, "queue_recovered")) == 1
    await running.stop()


@virtual_time
async def test_readiness_goes_after_a_while_of_failing_and_comes_back_by_itself() -> None:
    wire = Outage()
    world = QueueWorld(wire=wire)
    running = world.start(Handled(), unready_after_seconds=15)
    assert not running.ready(), "it has not heard from the queue yet"
    await asyncio.sleep(1)
    assert running.ready()
    await asyncio.sleep(20)
    wire.broken = True
    await asyncio.sleep(12)
    assert running.ready(), "one failed receive is no reason"
    await asyncio.sleep(60)
    assert not running.ready()
    wire.broken = False
    await asyncio.sleep(15)
    assert running.ready()
    await running.stop()


@virtual_time
async def test_ten_seconds_without_the_queue_lose_no_message() -> None:
    wire = Outage()
    world, handled = QueueWorld(wire=wire), Handled(seconds=3)
    bodies = world.send(100)
    running = world.start(handled, concurrency=20)
    await asyncio.sleep(4)
    wire.broken = True
    await asyncio.sleep(10)
    wire.broken = False
    await until(lambda: not world.queue.messages)
    assert set(handled.done) == set(bodies)
    assert world.dead_letters.messages == []
    await running.stop()


@virtual_time
async def test_permits_survive_an_outage() -> None:
    wire = Outage()
    world, handled = QueueWorld(wire=wire), Handled(seconds=1)
    running = world.start(handled)
    for _ in range(20):
        world.send(7)
        wire.broken = not wire.broken
        await asyncio.sleep(13)
    wire.broken = False
    await until(lambda: not world.queue.messages)
    await running.stop()
    assert running.consumer.permits_free == 10
    assert now() > 0


@virtual_time
async def test_a_failure_is_logged_with_the_id_of_its_request() -> None:
    """AWS's support asks for it first."""
    metadata = {"RequestId": "r-7", "HTTPStatusCode": 403}
    wire = Outage(refusal("AccessDenied", "not any more", ResponseMetadata=metadata))
    wire.broken = True
    with capture_logs() as logs:
        running = QueueWorld(wire=wire).start(Handled())
        await asyncio.sleep(1)
        await running.stop()
    (failing,) = named(logs, "queue_failing")
    assert failing["request_id"] == "r-7"
