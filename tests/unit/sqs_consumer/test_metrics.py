from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest

from sqs_consumer import Message, NotRetryable, RetryAfter
from sqs_consumer.metrics import DURATIONS, MAX_VALUES, EmfMetrics, Metric
from tests.support.fake_aws.wire import Fault
from tests.support.queue_world import Handled, QueueWorld, until
from tests.support.virtual_clock import now, virtual_time


class Heard:
    """A hook that remembers."""

    def __init__(self) -> None:
        self.values: list[tuple[Metric, float]] = []

    def __call__(self, metric: Metric, value: float) -> None:
        self.values.append((metric, value))

    def total(self, metric: Metric) -> float:
        return sum(value for name, value in self.values if name is metric)

    def all(self, metric: Metric) -> list[float]:
        return [value for name, value in self.values if name is metric]


@virtual_time
async def test_calls_and_handlers_are_counted_and_timed() -> None:
    world, heard = QueueWorld(), Heard()
    world.send(10)
    running = world.start(Handled(seconds=3), hook=heard)
    await until(lambda: not world.queue.messages)
    await asyncio.sleep(30)
    await running.stop()
    assert heard.total(Metric.RECEIVE_CALLS) == world.count("ReceiveMessage")
    assert heard.total(Metric.EMPTY_RECEIVES) == world.count("ReceiveMessage") - 1
    assert heard.total(Metric.DELETE_CALLS) == world.count("DeleteMessageBatch") == 1
    assert heard.all(Metric.HANDLER_TIME) == [pytest.approx(3)] * 10
    assert len(heard.all(Metric.AGE_AT_RECEIVE)) == 10
    assert max(heard.all(Metric.IN_FLIGHT)) == 10
    assert min(heard.all(Metric.PERMITS_FREE)) == 0


@virtual_time
async def test_what_goes_wrong_is_counted() -> None:
    world, heard = QueueWorld(), Heard()
    outcomes = iter([NotRetryable("poison"), RetryAfter(1), OSError("down"), None])

    async def handler(_message: Message) -> None:
        outcome = next(outcomes)
        if outcome is not None:
            raise outcome

    for after in (0, 1):
        world.wire.fail_next(Fault.BROKEN, after=after)
    world.send(2)
    running = world.start(handler, hook=heard, concurrency=1)
    await until(lambda: not world.queue.messages)
    await running.stop()
    assert heard.total(Metric.DEAD_LETTERED) == 1
    assert heard.total(Metric.RETRIES) == 2
    assert heard.total(Metric.REDELIVERIES) == 2
    assert heard.total(Metric.QUEUE_ERRORS) == 2
    assert len(heard.all(Metric.HANDLER_TIME)) == 4, "an end is an end, however it came about"


@virtual_time
async def test_an_idle_consumer_has_nothing_in_flight() -> None:
    """The permits of its open receive are not messages."""
    world, heard = QueueWorld(), Heard()
    running = world.start(Handled(), hook=heard)
    await asyncio.sleep(50)
    await running.stop()
    assert set(heard.all(Metric.IN_FLIGHT)) == {0}


@virtual_time
async def test_extensions_and_losses_are_counted() -> None:
    world, heard = QueueWorld(), Heard()
    world.send(1)
    running = world.start(handled := Handled(seconds=50), hook=heard)
    await until(lambda: heard.total(Metric.VISIBILITY_CALLS) == 1)
    world.queue.messages.clear()
    await until(lambda: handled.cancelled)
    assert heard.total(Metric.LOST) == 1
    running.consumer.stop()
    await running.stop()


def emf() -> tuple[EmfMetrics, list[Mapping[str, Any]]]:
    documents: list[Mapping[str, Any]] = []
    return EmfMetrics(documents.append, namespace="Test", dimension="service"), documents


def test_a_document_is_what_cloudwatch_reads_as_metrics() -> None:
    metrics, documents = emf()
    metrics(Metric.RECEIVE_CALLS, 1)
    metrics(Metric.RECEIVE_CALLS, 1)
    metrics(Metric.HANDLER_TIME, 3.00004)
    metrics(Metric.IN_FLIGHT, 7)
    metrics.flush()
    [document] = json.loads(json.dumps(documents))
    assert document["ReceiveCalls"] == 2
    assert document["HandlerSeconds"] == [3.0]
    assert document["InFlight"] == [7]
    [directive] = document["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "Test"
    assert directive["Dimensions"] == [["service"]]
    units = {metric["Name"]: metric["Unit"] for metric in directive["Metrics"]}
    assert units == {"ReceiveCalls": "Count", "HandlerSeconds": "Seconds", "InFlight": "Count"}
    assert document["_aws"]["Timestamp"] > 1_700_000_000_000


def test_each_document_starts_anew_and_silence_makes_none() -> None:
    metrics, documents = emf()
    metrics.flush()
    metrics(Metric.RETRIES, 1)
    metrics.flush()
    metrics.flush()
    assert [document["Retries"] for document in documents] == [1]


def test_a_document_holds_a_uniform_sample_of_at_most_a_hundred_values() -> None:
    seen: Counter[bool] = Counter()
    for _ in range(50):
        metrics, documents = emf()
        for value in range(1000):
            metrics(Metric.HANDLER_TIME, value)
        metrics.flush()
        values = documents[0]["HandlerSeconds"]
        assert len(values) == MAX_VALUES
        seen.update(value < 500 for value in values)
    assert 0.4 < seen[True] / seen.total() < 0.6


def test_every_duration_says_so_in_its_name() -> None:
    assert {metric for metric in Metric if metric.endswith("Seconds")} == set(DURATIONS)


@virtual_time
async def test_documents_come_regularly_and_once_more_at_the_end() -> None:
    metrics, documents = emf()
    flushing = asyncio.create_task(metrics.flush_regularly(60))
    for _ in range(10):
        await asyncio.sleep(13)
        metrics(Metric.RETRIES, 1)
    flushing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await flushing
    assert [document["Retries"] for document in documents] == [4, 5, 1]
    assert now() == 130
