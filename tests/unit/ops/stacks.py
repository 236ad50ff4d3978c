"""A stack whose AWS is in memory, and a table of orders that answers queries in pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ops.open_orders import OpenOrder
from ops.stack import Stack


@dataclass(frozen=True)
class StackOn(Stack):
    """A stack whose clients are the test's."""

    sqs: Any = None
    sns: Any = None
    dynamodb: Any = None

    def client(self, service: str) -> Any:
        return getattr(self, service)


class PagedTable:
    """Answers queries with whole pages, filtered by shard alone, and remembers the last query."""

    def __init__(self, *pages: list[dict[str, Any]]) -> None:
        self.pages = pages
        self.asked: dict[str, Any] = {}

    def get_paginator(self, operation: str) -> PagedTable:
        assert operation == "query"
        return self

    def paginate(self, **request: Any) -> Iterator[dict[str, Any]]:
        self.asked = request
        return iter([{"Items": self._matching(page, request)} for page in self.pages])

    def query(self, **request: Any) -> dict[str, Any]:
        assert (request["ScanIndexForward"], request["Limit"]) == (False, 1)
        found = self._matching([item for page in self.pages for item in page], request)
        return {"Items": sorted(found, key=lambda item: item["createdAt"]["S"])[-1:]}

    def _matching(
        self, items: list[dict[str, Any]], request: dict[str, Any]
    ) -> list[dict[str, Any]]:
        assert request["IndexName"] == "status-index"
        wanted = request["ExpressionAttributeValues"][":shard"]
        return [item for item in items if item["statusShard"] == wanted]


def open_orders(count: int) -> list[OpenOrder]:
    """So many orders of one customer that nobody has begun."""
    lines = '[{"product_id":"1","quantity":1,"unit_price_cents":100}]'
    return [OpenOrder(f"order-{n}", "PENDING", "7", lines, 0.0) for n in range(count)]
