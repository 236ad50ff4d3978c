"""Where the accepted and not yet settled orders wait, and how to count them."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, Protocol

from lab.measure.ledgers import OPEN_STATUSES
from ops.stack import queue_depth

STATUS_INDEX = "status-index"
# Every shard that any configuration may have filled, see docs/adr/0010.
MAX_STATUS_SHARDS = 20
COUNTS_AT_ONCE = 10


def index_keys(status: str) -> list[str]:
    """Return every key of the status index under which orders of a status may be."""
    return [f"{status}#{shard:02}" for shard in range(MAX_STATUS_SHARDS)]


class Backlog(NamedTuple):
    """Orders waiting for a worker, and orders in work."""

    waiting: int
    in_work: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.waiting + self.in_work


class BacklogSource(Protocol):
    """Counts the backlog of one topology."""

    def read(self) -> Backlog:
        """Return the backlog now."""
        ...


class QueueBacklog:
    """The queue's own figures: messages visible, and messages received and not yet deleted."""

    def __init__(self, sqs: Any, queue_url: str) -> None:
        self._sqs = sqs
        self._queue_url = queue_url

    def read(self) -> Backlog:
        """Return visible and in-flight messages."""
        return Backlog(*queue_depth(self._sqs, self._queue_url))


class TableBacklog:
    """The orders that the table holds as PENDING and PROCESSING, through its status index."""

    def __init__(self, dynamodb: Any, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def read(self) -> Backlog:
        """Return pending and processing orders."""
        with ThreadPoolExecutor(COUNTS_AT_ONCE) as pool:
            pending, processing = (
                sum(pool.map(self._count, index_keys(status))) for status in OPEN_STATUSES
            )
        return Backlog(pending, processing)

    def _count(self, key: str) -> int:
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._table,
            IndexName=STATUS_INDEX,
            Select="COUNT",
            KeyConditionExpression="statusShard = :shard",
            ExpressionAttributeValues={":shard": {"S": key}},
        )
        return sum(page["Count"] for page in pages)


def backlog_source(outputs: Mapping[str, str], *, sqs: Any, dynamodb: Any) -> BacklogSource:
    """Return the queue's figures where the topology has a queue, else the table's."""
    if "queue_url" in outputs:
        return QueueBacklog(sqs, outputs["queue_url"])
    return TableBacklog(dynamodb, outputs["orders_table"])
