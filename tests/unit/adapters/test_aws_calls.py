from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from structlog.testing import capture_logs

from adapters.aws.calls import AwsCallCounter
from tests.support.virtual_clock import virtual_time


class Events:
    """The part of a client that hooks are registered with."""

    def __init__(self) -> None:
        self.hooks: dict[str, Callable[..., Any]] = {}
        self.meta = SimpleNamespace(events=self)

    def register(self, name: str, hook: Callable[..., Any]) -> None:
        self.hooks[name] = hook

    def send(self, operation: str) -> None:
        answer = self.hooks["before-send"](f"before-send.{operation}", request=None)
        assert answer is None, "an answer would stand in for AWS's own"


def logged(counter: AwsCallCounter) -> list[dict[str, int]]:
    with capture_logs() as logs:
        counter.log_and_reset()
    return [dict(log["calls"]) for log in logs if log["event"] == "aws_calls"]


def test_calls_are_counted_by_service_and_operation() -> None:
    counter, client, other = AwsCallCounter(), Events(), Events()
    counter.attach(client)
    counter.attach(other)
    for operation in ("dynamodb.UpdateItem", "dynamodb.UpdateItem"):
        client.send(operation)
    other.send("sns.PublishBatch")
    assert logged(counter) == [{"dynamodb:UpdateItem": 2, "sns:PublishBatch": 1}]


def test_a_count_is_told_once_and_none_is_not_told() -> None:
    counter, client = AwsCallCounter(), Events()
    counter.attach(client)
    assert logged(counter) == []
    client.send("sqs.ReceiveMessage")
    assert logged(counter) == [{"sqs:ReceiveMessage": 1}]
    assert logged(counter) == []


@virtual_time
async def test_counts_are_told_regularly_and_at_the_end() -> None:
    counter, client = AwsCallCounter(), Events()
    counter.attach(client)
    with capture_logs() as logs:
        telling = asyncio.create_task(counter.log_regularly(5))
        for _ in range(3):
            client.send("sqs.ReceiveMessage")
            await asyncio.sleep(3)
        telling.cancel()
        await asyncio.wait([telling])
    assert [log["calls"] for log in logs] == [
        {"sqs:ReceiveMessage": 2},
        {"sqs:ReceiveMessage": 1},
    ]
