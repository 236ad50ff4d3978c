"""The emulator for integration tests: started on a free port, gone with its folder's test."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.emulator.clients import ClientFactory
from engine.emulator.server import Credentials, Emulator
from terminal.isolation import AWS_ISOLATION

REGION = "us-west-2"


@dataclass(frozen=True)
class RunningEmulator:
    """An emulator that answers."""

    endpoint_url: str
    operator: Credentials

    def client(self, service: str, credentials: Credentials | None = None) -> Any:
        """Make a synchronous client, the operator's unless other credentials are given."""
        factory = ClientFactory(self.endpoint_url, REGION, credentials or self.operator)
        return factory.client(service)

    def environment(self, credentials: Credentials | None = None) -> Mapping[str, str]:
        """The variables with which a program finds it and calls it, as the operator by default."""
        return {
            **AWS_ISOLATION,
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            **(credentials or self.operator).as_environment(),
        }

    def assume(self, role_arn: str) -> Credentials:
        """Take on a role and return its temporary credentials."""
        made = self.client("sts").assume_role(RoleArn=role_arn, RoleSessionName="test")
        keys = made["Credentials"]
        return Credentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])


@contextmanager
def running_emulator(folder: Path) -> Iterator[RunningEmulator]:
    """Run an emulator whose log and temporary files are below the folder."""
    with Emulator(folder, region=REGION) as emulator:
        emulator.start()
        yield RunningEmulator(emulator.endpoint_url, emulator.operator)
