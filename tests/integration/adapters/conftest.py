"""The clouds that every test of the contract runs on: the fake, and the emulator over loopback.

The emulator twice: asked by botocore's clients and by our own.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from typing import Any

import aioboto3
import pytest
from aiobotocore.config import AioConfig

from adapters.aws.fast.client import FastClient
from adapters.aws.fast.dynamodb import open_dynamodb
from adapters.aws.fast.sns import open_sns
from adapters.aws.fast.sqs import open_sqs
from tests.integration.adapters.clouds import Cloud, EmulatedCloud, FakeCloud
from tests.integration.adapters.plain_calls import PlainCalls
from tests.support.emulator import REGION, RunningEmulator

ON_THE_EMULATOR = [
    pytest.param(name, marks=pytest.mark.integration)
    for name in ("emulator, botocore", "emulator, fast client")
]


# What a request may hold is for the clouds to say.
UNCHECKED = AioConfig(parameter_validation=False)


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
    session: Any = aioboto3.Session(region_name=REGION)
    async with (
        FastClient(REGION, variables=os.environ) as client,
        session.client("dynamodb", config=UNCHECKED) as dynamodb,
        session.client("sns", config=UNCHECKED) as sns,
        session.client("sqs", config=UNCHECKED) as sqs,
    ):
        plain = {"dynamodb": dynamodb, "sqs": sqs}
        if request.param == "emulator, fast client":
            plain["dynamodb"] = PlainCalls(client, "dynamodb", target="DynamoDB_20120810")
            plain["sqs"] = PlainCalls(client, "sqs", target="AmazonSQS")
        yield EmulatedCloud(
            emulator,
            plain["dynamodb"],
            sns,
            plain["sqs"],
            open_dynamodb(client),
            open_sns(client),
            open_sqs(client),
        )
