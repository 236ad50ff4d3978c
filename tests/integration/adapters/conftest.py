"""The clouds that every test of the contract runs on: the fake, and the emulator over loopback.

The emulator twice: with botocore's clients, and with those that take the short way where they can.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from adapters.aws.clients import AwsClients
from adapters.aws.quick_clients import quick_dynamodb, quick_sqs
from tests.integration.adapters.clouds import Cloud, EmulatedCloud, FakeCloud
from tests.support.emulator import REGION, RunningEmulator

ON_THE_EMULATOR = [
    pytest.param(name, marks=pytest.mark.integration) for name in ("emulator", "emulator, quick")
]
QUICK = ("batch_execute_statement", "transact_write_items", "update_item", "put_item")


@pytest.fixture(params=["fake", *ON_THE_EMULATOR])
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
        dynamodb, sqs = await clients.dynamodb(), await clients.sqs()
        if request.param == "emulator, quick":
            dynamodb, sqs = quick_dynamodb(dynamodb, *QUICK), quick_sqs(sqs)
        yield EmulatedCloud(emulator, dynamodb, await clients.sns(), sqs)
