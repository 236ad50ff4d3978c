"""The short way to AWS, against a small server on the loopback address."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from adapters.aws.clients import AwsClients
from adapters.aws.quick_clients import quick_dynamodb
from adapters.aws.quick_sns import quick_sns
from adapters.orders.inserter import BatchedOrderInserter
from adapters.orders.publisher import BatchedOrderPublisher
from orders.errors import Unavailable
from orders.message import encode_order_placed
from tests.unit.orders.fakes import pending_order

if TYPE_CHECKING:
    from types_aiobotocore_sns.type_defs import PublishBatchRequestEntryTypeDef

INSERT = "batch_execute_statement"
TOPIC = "arn:aws:sns:us-west-2:123456789012:placed"
NAMESPACE = 'xmlns="http://sns.amazonaws.com/doc/2010-03-31/"'


@dataclass
class Received:
    """One request as it arrived."""

    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, list[str]]:
        return parse_qs(self.body.decode())


@dataclass
class TinyAws:
    """Answers with `answers`, one a request, and keeps what it was sent."""

    answers: list[tuple[int, str]] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.Response:
        self.received.append(Received(dict(request.headers), await request.read()))
        status, text = self.answers.pop(0)
        if status == 0 and request.transport is not None:
            request.transport.abort()
        return web.Response(status=status or 200, text=text)


@asynccontextmanager
async def clients(aws: TinyAws, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[AwsClients]:
    app = web.Application()
    app.router.add_route("*", "/", aws.handle)
    async with TestServer(app) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", str(server.make_url("/")))
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        monkeypatch.setenv("AWS_SESSION_TOKEN", "session-token")
        async with AwsClients("us-west-2") as opened:
            yield opened


def inserted(*errors: str | None) -> tuple[int, str]:
    responses = [{"Error": {"Code": error}} if error else {"TableName": "t"} for error in errors]
    return 200, json.dumps({"Responses": responses})


def published(taken: list[int], failed: list[int] = []) -> tuple[int, str]:  # noqa: B006
    successful = "".join(
        f"<member><Id>{each}</Id><MessageId>m</MessageId></member>" for each in taken
    )
    refused = "".join(
        f"<member><Id>{each}</Id><Code>Bad</Code><SenderFault>true</SenderFault></member>"
        for each in failed
    )
    result = f"<Successful>{successful}</Successful><Failed>{refused}</Failed>"
    return 200, (
        f"<PublishBatchResponse {NAMESPACE}><PublishBatchResult>{result}</PublishBatchResult>"
        "</PublishBatchResponse>"
    )


async def test_an_insert_is_sent_as_botocore_would_send_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    aws = TinyAws([inserted(None), inserted(None)])
    async with clients(aws, monkeypatch) as opened:
        dynamodb = await opened.dynamodb()
        for client in (quick_dynamodb(dynamodb, INSERT), dynamodb):
            assert await BatchedOrderInserter(client, "orders").insert(pending_order())
    quickly, usually = aws.received
    assert json.loads(quickly.body) == json.loads(usually.body)
    for name in ("X-Amz-Target", "Content-Type", "X-Amz-Security-Token", "Host"):
        assert quickly.headers[name] == usually.headers[name], name


async def test_an_announcement_is_sent_as_botocore_would_send_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    aws = TinyAws([published([0]), published([0])])
    async with clients(aws, monkeypatch) as opened:
        sns = await opened.sns()
        for client in (quick_sns(sns), sns):
            await BatchedOrderPublisher(client, TOPIC).publish("a-1")
    quickly, usually = aws.received
    assert quickly.form == usually.form
    assert quickly.form["PublishBatchRequestEntries.member.1.Message"] == [
        encode_order_placed("a-1")
    ]
    assert quickly.headers["Content-Type"] == usually.headers["Content-Type"]


async def test_the_signature_covers_everything_that_botocore_signs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    aws = TinyAws([inserted(None), inserted(None)])
    async with clients(aws, monkeypatch) as opened:
        dynamodb = await opened.dynamodb()
        for client in (quick_dynamodb(dynamodb, INSERT), dynamodb):
            await BatchedOrderInserter(client, "orders").insert(pending_order())
    signed = [
        re.search(r"Credential=AKIAEXAMPLE/\d{8}/(\S+), SignedHeaders=(\S+),", each)
        for each in (request.headers["Authorization"] for request in aws.received)
    ]
    quickly, usually = (match.groups() if match else None for match in signed)
    assert quickly == usually
    assert quickly is not None


async def test_both_ways_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    aws = TinyAws([inserted(None), (500, "{}"), inserted(None)])
    async with clients(aws, monkeypatch) as opened:
        dynamodb = quick_dynamodb(await opened.dynamodb(), INSERT)
        inserter = BatchedOrderInserter(dynamodb, "orders")
        await inserter.insert(pending_order())
        await inserter.insert(pending_order())
        assert opened.calls._calls == {"dynamodb:BatchExecuteStatement": 3}


@pytest.mark.parametrize("failure", [(500, "{}"), (400, "{}"), (0, ""), (200, "no json")])
async def test_whatever_is_no_success_is_left_to_the_ordinary_call(
    monkeypatch: pytest.MonkeyPatch, failure: tuple[int, str]
) -> None:
    aws = TinyAws([failure, inserted(None)])
    async with clients(aws, monkeypatch) as opened:
        dynamodb = quick_dynamodb(await opened.dynamodb(), INSERT)
        inserter = BatchedOrderInserter(dynamodb, "orders")
        assert await inserter.insert(pending_order())
    assert len(aws.received) == 2


async def test_an_error_of_one_statement_is_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    aws = TinyAws([inserted("DuplicateItem")])
    async with clients(aws, monkeypatch) as opened:
        dynamodb = quick_dynamodb(await opened.dynamodb(), INSERT)
        inserter = BatchedOrderInserter(dynamodb, "orders")
        assert await inserter.insert(pending_order()) is False


async def test_an_error_without_a_code_is_no_success(monkeypatch: pytest.MonkeyPatch) -> None:
    aws = TinyAws([(200, json.dumps({"Responses": [{"Error": {}}]}))] * 4)
    async with clients(aws, monkeypatch) as opened:
        dynamodb = quick_dynamodb(await opened.dynamodb(), INSERT)
        with pytest.raises(Unavailable):
            await BatchedOrderInserter(dynamodb, "orders").insert(pending_order())


@pytest.mark.parametrize(
    "first", [(500, ""), (500, published([0])[1]), (0, ""), published([], [0]), (200, "<html/>")]
)
async def test_an_announcement_that_was_not_taken_is_sent_again_the_ordinary_way(
    monkeypatch: pytest.MonkeyPatch, first: tuple[int, str]
) -> None:
    aws = TinyAws([first, published([0])])
    async with clients(aws, monkeypatch) as opened:
        sns = quick_sns(await opened.sns())
        await BatchedOrderPublisher(sns, TOPIC).publish("a-1")
    assert len(aws.received) == 2


async def test_an_announcement_that_is_refused_for_good_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    aws = TinyAws([published([], [0]), published([], [0])])
    async with clients(aws, monkeypatch) as opened:
        sns = quick_sns(await opened.sns())
        with pytest.raises(Unavailable):
            await BatchedOrderPublisher(sns, TOPIC).publish("a-1")


async def test_messages_are_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    aws = TinyAws([published([0])])
    entry: PublishBatchRequestEntryTypeDef = {"Id": "0", "Message": 'a&b=c "ä" +%'}
    async with clients(aws, monkeypatch) as opened:
        sns = quick_sns(await opened.sns())
        await sns.publish_batch(TopicArn=TOPIC, PublishBatchRequestEntries=[entry])
    (request,) = aws.received
    assert request.form["PublishBatchRequestEntries.member.1.Message"] == ['a&b=c "ä" +%']


async def test_an_entry_with_more_than_a_message_is_left_to_the_ordinary_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    aws = TinyAws([published([0])])
    entry: PublishBatchRequestEntryTypeDef = {"Id": "0", "Message": "m", "Subject": "s"}
    async with clients(aws, monkeypatch) as opened:
        sns = quick_sns(await opened.sns())
        await sns.publish_batch(TopicArn=TOPIC, PublishBatchRequestEntries=[entry])
    (request,) = aws.received
    assert request.form["PublishBatchRequestEntries.member.1.Subject"] == ["s"]
