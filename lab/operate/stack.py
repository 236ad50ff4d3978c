"""A stack that is up, on this machine or on AWS, as its operator reaches it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config

from lab.emulator.server import Credentials
from lab.engine.clients import ClientFactory
from lab.engine.environment import without_user_aws
from lab.errors import LabError
from lab.operate.calls import calling

TOPOLOGIES = ("sync", "async", "serverless")
_CONNECT_SECONDS = 5
_READ_SECONDS = 10
_ATTEMPTS = 4


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
        """Return an output; LabError if the stack has none of this name."""
        if key not in self.outputs:
            raise LabError(
                f"{self.name}: output {key} is missing, and the command needs it; "
                "bring the stack up with this version of the program"
            )
        return self.outputs[key]

    def client(self, service: str) -> Any:
        """Make a synchronous client of one AWS service; LabError if the user's set-up is wrong."""
        if self.local is not None:
            factory = ClientFactory(self.local.endpoint_url, self.region, self.local.credentials)
            return factory.client(service)
        config = Config(
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=_READ_SECONDS,
            retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
        )
        try:
            with calling(f"AWS in {self.region}"):
                session = boto3.Session(region_name=self.region)
                return session.client(service, config=config)  # type: ignore[call-overload]
        except ValueError as error:  # botocore's way to refuse an endpoint
            raise LabError(f"{error}; check AWS_ENDPOINT_URL and the AWS profile") from error

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
    credentials: Credentials
