"""The whole of the fake AWS: tables, queues and topics, and clients for the processes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from adapters.aws.fast.client import Connect, FastClient
from adapters.aws.fast.dynamodb import DynamoDB, open_dynamodb
from adapters.aws.fast.retries import RetryPolicy
from adapters.aws.fast.sns import SNS, open_sns
from adapters.aws.fast.sqs import SQS, open_sqs
from tests.support.fake_aws.dynamodb import FakeDynamoDB
from tests.support.fake_aws.queues import Mischief, Queue
from tests.support.fake_aws.sns import FakeSNS, Topic
from tests.support.fake_aws.sqs import FakeSQS
from tests.support.fake_aws.states import FakeStates
from tests.support.fake_aws.tables import Database, Table
from tests.support.fake_aws.transport import FakeTransport
from tests.support.fake_aws.wire import Wire

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient
    from types_aiobotocore_sns import SNSClient
    from types_aiobotocore_sqs import SQSClient

VARIABLES = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}
# Faults are planned call by call, so the client makes none again by itself.
ONCE = RetryPolicy(attempts=1)


@dataclass(frozen=True)
class Clients:
    """The clients of one process, and the wire that they share.

    Attributes:
        boto_dynamodb, boto_sns, boto_sqs: the same AWS as a client of aioboto3 shows it.
    """

    dynamodb: DynamoDB
    sns: SNS
    sqs: SQS
    boto_dynamodb: DynamoDBClient
    boto_sns: SNSClient
    boto_sqs: SQSClient
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
        self.executions: dict[str, str] = {}
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

    def connector(self, wire: Wire) -> Connect:
        """Return how a fast client reaches this AWS over that wire."""
        fakes = self._fakes(wire)
        return lambda service, _where: FakeTransport(fakes[service])

    def _fakes(self, wire: Wire) -> dict[str, Any]:
        return {
            "dynamodb": FakeDynamoDB(self.database, wire),
            "sns": FakeSNS(self.topics, wire),
            "sqs": FakeSQS(self.queues, wire),
            "states": FakeStates(self.executions, wire),
        }

    def connect(self, wire: Wire | None = None, policy: RetryPolicy = ONCE) -> Clients:
        """Return the clients of a process.

        A call is made once unless told otherwise: faults are planned call by call.
        """
        wire = wire or Wire()
        fakes = self._fakes(wire)
        client = FastClient(
            "us-west-2",
            variables=VARIABLES,
            connect=lambda service, _where: FakeTransport(fakes[service]),
        )
        return Clients(
            open_dynamodb(client, policy=policy),
            open_sns(client, policy=policy),
            open_sqs(client, policy=policy),
            cast("DynamoDBClient", fakes["dynamodb"]),
            cast("SNSClient", fakes["sns"]),
            cast("SQSClient", fakes["sqs"]),
            wire,
        )
