"""Two clouds that every test of the contract runs on: the fake, and the emulator over loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from adapters.aws_clients import AwsClients
from tests.integration.adapters.clouds import Cloud, EmulatedCloud, FakeCloud
from tests.support.emulator import REGION, RunningEmulator


@pytest.fixture(params=["fake", pytest.param("emulator", marks=pytest.mark.integration)])
async def cloud(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Cloud]:
    """An account in which each test makes resources of its own."""
    if request.param == "fake":
        yield FakeCloud()
        return
    emulator: RunningEmulator = request.getfixturevalue("shared_emulator")
    for name, value in emulator.environment().items():
        monkeypatch.setenv(name, value)
    async with AwsClients(REGION) as clients:
        yield EmulatedCloud(
            emulator, await clients.dynamodb(), await clients.sns(), await clients.sqs()
        )
