"""Small stand-ins for what the measuring talks to."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from lab.measure.backlog import MAX_STATUS_SHARDS, Backlog, index_keys

PAGE = 2


class FakeDynamoDb:
    """Tables of raw items; `scan` in pages of two, `query` on the status index of orders."""

    def __init__(self, tables: Mapping[str, list[dict[str, Any]]]) -> None:
        self.tables = dict(tables)
        self.projection: dict[str, Any] = {"ProjectionType": "ALL"}

    def describe_table(self, **request: Any) -> dict[str, Any]:
        index = {
            "IndexName": "status-index",
            "KeySchema": [{"AttributeName": name} for name in ("statusShard", "createdAt")],
            "Projection": self.projection,
        }
        assert request["TableName"] == "orders"
        key = [{"AttributeName": "orderId"}]
        return {"Table": {"KeySchema": key, "GlobalSecondaryIndexes": [index]}}

    def get_paginator(self, operation: str) -> Any:
        return FakePaginator(self, operation)


class FakePaginator:
    def __init__(self, dynamodb: FakeDynamoDb, operation: str) -> None:
        self._dynamodb = dynamodb
        self._operation = operation

    def paginate(self, **request: Any) -> Iterator[dict[str, Any]]:
        items = self._dynamodb.tables[request["TableName"]]
        if self._operation == "query":
            assert request["IndexName"] == "status-index"
            assert request["Select"] == "COUNT"
            wanted = request["ExpressionAttributeValues"][":shard"]
            items = [item for item in items if item["statusShard"] == wanted]
        for start in range(0, max(len(items), 1), PAGE):
            page = items[start : start + PAGE]
            yield {"Items": page, "Count": len(page)}


class FakeQueue:
    """One queue without workers: what is received stays in flight."""

    def __init__(self, url: str, visible: int, in_flight: int) -> None:
        self._url = url
        self.visible = visible
        self.in_flight = in_flight
        self.received = 0
        self._bodies: list[str] = []

    def give(self, content: Mapping[str, Any]) -> None:
        self._bodies.append(json.dumps(content))
        self.visible += 1

    def receive_message(self, **request: Any) -> dict[str, Any]:
        assert request["QueueUrl"] == self._url
        bodies, self._bodies = self._bodies, []
        self.received += len(bodies)
        self.visible -= len(bodies)
        self.in_flight += len(bodies)
        return {"Messages": [{"MessageId": str(n), "Body": b} for n, b in enumerate(bodies)]}

    def get_queue_attributes(self, **request: Any) -> dict[str, Any]:
        assert request["QueueUrl"] == self._url
        known = {
            "ApproximateNumberOfMessages": str(self.visible),
            "ApproximateNumberOfMessagesNotVisible": str(self.in_flight),
        }
        return {"Attributes": {name: known[name] for name in request["AttributeNames"]}}


class Countdown:
    """A backlog source that gives the readings of a list, then its last one for ever."""

    def __init__(self, *totals: int | Exception) -> None:
        self._readings = list(totals)
        self.asked = 0

    def read(self) -> Backlog:
        reading = self._readings[min(self.asked, len(self._readings) - 1)]
        self.asked += 1
        if isinstance(reading, Exception):
            raise reading
        return Backlog(reading, 0)


def order_item(order_id: str, status: str = "PENDING", **attributes: str) -> dict[str, Any]:
    """An item of the orders table as DynamoDB gives it."""
    return {
        "orderId": {"S": order_id},
        "customerId": {"S": "7"},
        "lines": {
            "S": '[{"product_id":"1","quantity":2,"unit_price_cents":100},'
            '{"product_id":"SKU-001","quantity":1,"unit_price_cents":300},'
            '{"product_id":"1","quantity":1,"unit_price_cents":100}]'
        },
        "totalCents": {"N": "600"},
        "status": {"S": status},
        "statusShard": {"S": index_keys(status)[sum(order_id.encode()) % MAX_STATUS_SHARDS]},
        "createdAt": {"S": "2025-11-28T09:00:00.250000Z"},
        "contentHash": {"S": "hash"},
        **{name: {"S": value} for name, value in attributes.items()},
    }
