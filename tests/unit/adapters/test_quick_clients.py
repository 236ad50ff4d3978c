"""The drop-in clients; that they answer as botocore's do is tested on the emulator."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest

from adapters.aws.quick_clients import _QuickClient


class QuickWay:
    """Stands in for `QuickCalls`: gives its answers in order, None when it has none."""

    def __init__(self, *answers: bytes | None) -> None:
        self.answers = list(answers)
        self.sent: list[tuple[str, dict[str, str], Any]] = []

    async def post(self, operation: str, headers: dict[str, str], body: bytes) -> bytes | None:
        self.sent.append((operation, headers, msgspec.json.decode(body)))
        return self.answers.pop(0)


class Ordinary:
    """Stands in for botocore's client."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        metadata = {"jsonVersion": "1.0", "targetPrefix": "DynamoDB_20120810"}
        self.meta = SimpleNamespace(
            endpoint_url="http://127.0.0.1",
            service_model=SimpleNamespace(
                metadata=metadata,
                signing_name="dynamodb",
                service_id=SimpleNamespace(hyphenize=lambda: "dynamodb"),
            ),
            method_to_api_mapping={
                "update_item": "UpdateItem",
                "transact_write_items": "TransactWriteItems",
            },
        )

    async def update_item(self, **request: Any) -> str:
        self.requests.append(request)
        return "the ordinary answer"

    transact_write_items = get_item = update_item


Make = Callable[..., tuple[Any, QuickWay, Ordinary]]


@pytest.fixture
def make() -> Make:
    def make(*answers: bytes | None) -> tuple[Any, QuickWay, Ordinary]:
        ordinary, way = Ordinary(), QuickWay(*answers)
        client = _QuickClient(ordinary, ("update_item", "transact_write_items"))
        client._calls = cast("Any", way)
        return client, way, ordinary

    return make


async def test_a_quick_answer_is_the_answer(make: Make) -> None:
    client, way, ordinary = make(b'{"Attributes":{"a":{"N":"1"}}}')
    assert await client.update_item(TableName="t") == {"Attributes": {"a": {"N": "1"}}}
    headers = {
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": "DynamoDB_20120810.UpdateItem",
    }
    assert way.sent == [("UpdateItem", headers, {"TableName": "t"})]
    assert ordinary.requests == []


async def test_without_a_quick_answer_the_ordinary_way_is_taken(make: Make) -> None:
    client, _, ordinary = make(None)
    assert await client.update_item(TableName="t") == "the ordinary answer"
    assert ordinary.requests == [{"TableName": "t"}]


async def test_both_tries_of_a_transaction_are_one_to_dynamodb(make: Make) -> None:
    client, way, ordinary = make(None, None)
    for _ in range(2):
        await client.transact_write_items(TransactItems=[])
    quick = [request["ClientRequestToken"] for _, _, request in way.sent]
    assert quick == [request["ClientRequestToken"] for request in ordinary.requests]
    assert len(set(quick)) == 2


async def test_every_other_operation_is_the_clients_own(make: Make) -> None:
    client, way, _ = make()
    assert await client.get_item(TableName="t") == "the ordinary answer"
    assert way.sent == []
