"""The whole of the fake AWS: tables, queues and topics, and clients for the processes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from tests.support.fake_aws.dynamodb import FakeDynamoDB
from tests.support.fake_aws.queues import Mischief, Queue
from tests.support.fake_aws.sns import FakeSNS, Topic
from tests.support.fake_aws.sqs import FakeSQS
from tests.support.fake_aws.tables import Database, Table
from tests.support.fake_aws.wire import Wire

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient
    from types_aiobotocore_sns import SNSClient
    from types_aiobotocore_sqs import SQSClient


@dataclass(frozen=True)
class Clients:
    """The clients of one process, and the wire that they share."""

    dynamodb: DynamoDBClient
    sns: SNSClient
    sqs: SQSClient
    wire: Wire


class FakeAws:
    """An account's worth of state; `now` gives seconds and drives visibility."""

    def __init__(
        self,
        now: Callable[[], float],
        *,
        mischief: Mischief | None = None,
        transaction_seconds: float = 0.0,
    ) -> None:
        self.database = Database(transaction_seconds=transaction_seconds)
        self.queues: dict[str, Queue] = {}
        self.topics: dict[str, Topic] = {}
        self._now = now
        self._mischief = mischief or Mischief()

    def create_table(self, table: Table) -> Table:
        """Add a table."""
        return self.database.create(table)

    def create_queue(
        self,
        name: str,
        *,
        visibility_seconds: float = 30.0,
        max_receive_count: int | None = None,
        dead_letters: Queue | None = None,
    ) -> Queue:
        """Add a queue."""
        self.queues[name] = Queue(
            name,
            self._now,
            visibility_seconds=visibility_seconds,
            max_receive_count=max_receive_count,
            dead_letters=dead_letters,
            mischief=self._mischief,
        )
        return self.queues[name]

    def create_topic(self, name: str, *queues: Queue) -> Topic:
        """Add a topic that delivers to `queues`."""
        self.topics[name] = Topic(name, queues, self._mischief)
        return self.topics[name]

    def connect(self, wire: Wire | None = None) -> Clients:
        """Return the clients of a process, typed as aiobotocore's."""
        wire = wire or Wire()
        return Clients(
            cast("DynamoDBClient", FakeDynamoDB(self.database, wire)),
            cast("SNSClient", FakeSNS(self.topics, wire)),
            cast("SQSClient", FakeSQS(self.queues, wire)),
            wire,
        )
