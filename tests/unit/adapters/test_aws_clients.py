"""The clients of the services, as they behave on the wire."""

from __future__ import annotations

import time

import pytest

from tests.support.tiny_aws import TinyAws, clients_of

# https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-basics.html
NAT_GATEWAY_FORGETS_SECONDS = 350


async def test_a_connection_that_the_nat_gateway_may_have_forgotten_is_not_used_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    aws = TinyAws([(200, "{}")] * 3)
    async with clients_of(aws, monkeypatch) as opened:
        dynamodb = await opened.dynamodb()
        for _ in range(2):
            await dynamodb.list_tables()
        later = time.monotonic() + NAT_GATEWAY_FORGETS_SECONDS - 1
        monkeypatch.setattr("aiohttp.connector.monotonic", lambda: later)
        await dynamodb.list_tables()
    first, second, third = (request.connection for request in aws.received)
    assert first == second
    assert third != first
