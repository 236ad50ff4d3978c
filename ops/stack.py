"""A stack that is up, on this machine or on AWS, as its operator reaches it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

import boto3
from botocore.config import Config

from ops.calls import calling
from terminal.errors import UserError
from terminal.isolation import without_user_aws

_CONNECT_SECONDS = 5
_READ_SECONDS = 10
_ATTEMPTS = 4
_CONFIG = Config(
    connect_timeout=_CONNECT_SECONDS,
    read_timeout=_READ_SECONDS,
    retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
)
_VISIBLE = "ApproximateNumberOfMessages"
_IN_FLIGHT = "ApproximateNumberOfMessagesNotVisible"


class TopologyName(StrEnum):
    """The topologies of the program, by the output of this name."""

    SYNC = "sync"
    ASYNC = "async"
    SERVERLESS = "serverless"


@dataclass(frozen=True)
class Stack:
    """What a stack put out, and where; without `local` it is on AWS, under the user's identity."""

    name: str
    outputs: Mapping[str, str]
    region: str
    local: LocalAccess | None = None

    @property
    def topology(self) -> str:
        """The topology: sync, async or serverless."""
        return self.outputs["topology"]

    def output(self, key: str) -> str:
        """Return an output; UserError if the stack has none of this name."""
        if key not in self.outputs:
            raise UserError(
                f"{self.name}: output {key} is missing, and the command needs it; "
                "bring the stack up with this version of the program"
            )
        return self.outputs[key]

    def client(self, service: str) -> Any:
        """Make a synchronous client of one AWS service; UserError if the user's set-up is wrong."""
        if self.local is not None:
            return self.local.client(service, self.region)
        try:
            with calling(f"AWS in {self.region}"):
                session = boto3.Session(region_name=self.region)
                return session.client(service, config=_CONFIG)  # type: ignore[call-overload]
        except ValueError as error:  # botocore's way to refuse an endpoint
            raise UserError(f"{error}; check AWS_ENDPOINT_URL and the AWS profile") from error

    @contextmanager
    def reached(self) -> Iterator[None]:
        """Within the block nothing of the user's AWS set-up or proxies touches a local stack."""
        if self.local is None:
            yield
            return
        with without_user_aws():
            yield


@dataclass(frozen=True)
class LocalAccess:
    """The emulator of a `lab up`, and the key of its account's root."""

    endpoint_url: str
    access_key: str
    secret_key: str = field(repr=False)

    def client(self, service: str, region: str) -> Any:
        """Make a synchronous client of one of its services."""
        session = boto3.Session(self.access_key, self.secret_key, region_name=region)
        return session.client(  # type: ignore[call-overload]
            service, endpoint_url=self.endpoint_url, config=_CONFIG
        )


class QueueDepth(NamedTuple):
    """Messages that a receive could get, and messages that somebody has received."""

    visible: int
    in_flight: int


def queue_depth(sqs: Any, url: str) -> QueueDepth:
    """Ask the queue."""
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[_VISIBLE, _IN_FLIGHT])
    attributes = answer["Attributes"]
    return QueueDepth(int(attributes[_VISIBLE]), int(attributes[_IN_FLIGHT]))
