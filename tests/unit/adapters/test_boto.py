"""aioboto3 as services open it, on the wire."""

from __future__ import annotations

import json
import time

import pytest
from botocore.exceptions import ClientError

from adapters.aws.boto import BOTO_ERRORS, open_boto_client, open_boto_reads
from adapters.aws.calls import AwsCallCounter
from adapters.aws.fast.connections import IDLE_SECONDS
from adapters.aws.fast.errors import NoAnswer, Refused
from tests.support.logs import capture_logs
from tests.support.tiny_aws import BROKEN, TinyAws, served

pytestmark = pytest.mark.socket

REGION = "us-west-2"
# https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-basics.html
NAT_GATEWAY_FORGETS_SECONDS = 350
DENIED = (400, json.dumps({"__type": "x#AccessDeniedException", "message": "no"}))


async def test_a_connection_that_the_nat_gateway_may_have_forgotten_is_not_used_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert IDLE_SECONDS < NAT_GATEWAY_FORGETS_SECONDS
    aws = TinyAws([(200, "{}")] * 3)
    opened = open_boto_client("dynamodb", REGION, AwsCallCounter())
    async with served(aws, monkeypatch), opened as dynamodb:
        for _ in range(2):
            await dynamodb.list_tables()
        later = time.monotonic() + NAT_GATEWAY_FORGETS_SECONDS - 1
        monkeypatch.setattr("aiohttp.connector.monotonic", lambda: later)
        await dynamodb.list_tables()
    first, second, third = aws.connections
    assert first == second
    assert third != first


async def test_every_request_is_counted_and_failures_by_their_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers = [BROKEN, (200, "{}"), DENIED, BROKEN, BROKEN, BROKEN]
    aws, calls = TinyAws(answers), AwsCallCounter()
    async with served(aws, monkeypatch), open_boto_client("dynamodb", REGION, calls) as dynamodb:
        await dynamodb.list_tables()
        with pytest.raises(ClientError):
            await dynamodb.list_tables()
        with pytest.raises(BOTO_ERRORS):
            await dynamodb.list_tables()
    with capture_logs() as logs:
        calls.log_and_reset()
    counted, failed = logs
    assert counted["calls"] == {"dynamodb:ListTables": 6}
    call = "dynamodb:ListTables"
    assert failed["failures"] == [
        {"call": call, "error": "NoAnswer", "count": 4},
        {"call": call, "error": "AccessDeniedException", "count": 1, "request_id": "request-3"},
    ]


async def test_what_a_read_ends_with_is_told_in_the_words_of_the_fast_client(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    aws = TinyAws([(200, '{"Items": []}'), (200, '{"Items": []}'), DENIED, BROKEN, BROKEN, BROKEN])
    async with served(aws, monkeypatch), open_boto_reads(REGION, AwsCallCounter()) as reads:
        assert (await reads.scan(TableName="t"))["Items"] == []
        assert (await reads.query(TableName="t"))["Items"] == []
        with pytest.raises(Refused) as refused:
            await reads.scan(TableName="t")
        assert (refused.value.code, refused.value.status) == ("AccessDeniedException", 400)
        with pytest.raises(NoAnswer):
            await reads.scan(TableName="t")
