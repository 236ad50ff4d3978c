"""Reading many items, whoever carries the call: the fast client or aioboto3."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, Protocol


class Reads(Protocol):
    """DynamoDB's two ways to read many items, in its own words.

    Both raise `AwsError` and `NoCredentials`.
    """

    async def query(self, **request: Any) -> Mapping[str, Any]:
        """Return one page of a query."""
        ...

    async def scan(self, **request: Any) -> Mapping[str, Any]:
        """Return one page of a scan."""
        ...


async def scanned(reads: Reads, **request: Any) -> AsyncIterator[dict[str, Any]]:
    """Yield every item of a scan, page after page."""
    while True:
        page = await reads.scan(**request)
        for item in page["Items"]:
            yield item
        if "LastEvaluatedKey" not in page:
            return
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
