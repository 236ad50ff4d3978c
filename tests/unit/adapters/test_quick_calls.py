"""The short way to AWS, against a small server on the loopback address."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from adapters.aws.quick_clients import quick_dynamodb
from adapters.aws.quick_sns import quick_sns
from adapters.orders.inserter import BatchedOrderInserter
from adapters.orders.publisher import BatchedOrderPublisher
from adapters.orders.schema import Tables
from adapters.orders.store import DynamoOrderStore
from orders.errors import OrderBusy, OutOfStock, Unavailable
from orders.message import encode_order_placed
from orders.ports import Claim, Lease
from tests.support.fake_shop import SHARDS
from tests.support.tiny_aws import BROKEN, Pauses, TinyAws, clients_of, refused
from tests.unit.orders.fakes import pending_order

if TYPE_CHECKING:
    from types_aiobotocore_sns.type_defs import PublishBatchRequestEntryTypeDef

INSERT = "batch_execute_statement"
TOPIC = "arn:aws:sns:us-west-2:123456789012:placed"
NAMESPACE = 'xmlns="http://sns.amazonaws.com/doc/2010-03-31/"'
THROTTLED = refused("ProvisionedThroughputExceededException", "slow down")
HELD = {
    "orderId": {"S": "a-1"},
    "customerId": {"S": "c"},
    "lines": {"S": '[{"product_id":"1","quantity":1,"unit_price_cents":1999}]'},
    "totalCents": {"N": "1999"},
    "status": {"S": "PROCESSING"},
    "createdAt": {"S": "2024-01-01T00:00:00.000000Z"},
    "contentHash": {"S": "hash"},
    "leaseOwner": {"S": "somebody else"},
    "leaseExpiresAt": {"N": "61000"},
}


def inserted(*errors: str | None) -> tuple[int, str]:
    responses = [{"Error": {"Code": error}} if error else {"TableName": "t"} for error in errors]
    return 200, json.dumps({"Responses": responses})


def published(taken: list[int], failed: list[int] = [], *, ours: bool = True) -> tuple[int, str]:  # noqa: B006
    fault = str(ours).lower()
    successful = "".join(
        f"<member><Id>{each}</Id><MessageId>m</MessageId></member>" for each in taken
    )
    refused = "".join(
        f"<member><Id>{each}</Id><Code>Bad</Code><SenderFault>{fault}</SenderFault></member>"
        for each in failed
    )
    result = f"<Successful>{successful}</Successful><Failed>{refused}</Failed>"
    return 200, (
        f"<PublishBatchResponse {NAMESPACE}><PublishBatchResult>{result}</PublishBatchResult>"
        "</PublishBatchResponse>"
    )


def not_published(code: str, *, status: int) -> tuple[int, str]:
    error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>no</Message></Error>"
    return status, f"<ErrorResponse {NAMESPACE}>{error}<RequestId>r-7</RequestId></ErrorResponse>"


def claim() -> Claim:
    return Claim(pending_order(), Lease("us", expires_at_ms=60_000))


async def test_an_insert_is_sent_as_botocore_would_send_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    aws = TinyAws([inserted(None), inserted(None)])
    async with clients_of(aws, monkeypatch) as opened:
        dynamodb = await opened.dynamodb()
        for client in (quick_dynamodb(dynamodb, INSERT), dynamodb):
            assert await BatchedOrderInserter(client, "orders", SHARDS).insert(pending_order())
    quickly, usually = aws.received
    assert quickly.json == usually.json
    for name in ("X-Amz-Target", "Content-Type", "X-Amz-Security-Token", "Host"):
        assert quickly.headers[name] == usually.headers[name], name


async def test_an_announcement_is_sent_as_botocore_would_send_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    aws = TinyAws([published([0]), published([0])])
    async with clients_of(aws, monkeypatch) as opened:
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
    async with clients_of(aws, monkeypatch) as opened:
        dynamodb = await opened.dynamodb()
        for client in (quick_dynamodb(dynamodb, INSERT), dynamodb):
            await BatchedOrderInserter(client, "orders", SHARDS).insert(pending_order())
    signed = [
        re.search(r"Credential=AKIAEXAMPLE/\d{8}/(\S+), SignedHeaders=(\S+),", each)
        for each in (request.headers["Authorization"] for request in aws.received)
    ]
    quickly, usually = (match.groups() if match else None for match in signed)
    assert quickly == usually
    assert quickly is not None


async def test_both_ways_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    aws = TinyAws([inserted(None), BROKEN, inserted(None)])
    async with clients_of(aws, monkeypatch) as opened:
        dynamodb = quick_dynamodb(await opened.dynamodb(), INSERT)
        inserter = BatchedOrderInserter(dynamodb, "orders", SHARDS)
        await inserter.insert(pending_order())
        await inserter.insert(pending_order())
        assert opened.calls._calls == {"dynamodb:BatchExecuteStatement": 3}


@pytest.mark.parametrize("failure", [BROKEN, (200, "no json"), (200, "[]")])
async def test_where_nobody_answers_the_ordinary_way_is_taken(
    monkeypatch: pytest.MonkeyPatch, failure: tuple[int, str]
) -> None:
    aws = TinyAws([failure, inserted(None)])
    async with clients_of(aws, monkeypatch) as opened:
        dynamodb = quick_dynamodb(await opened.dynamodb(), INSERT)
        inserter = BatchedOrderInserter(dynamodb, "orders", SHARDS)
        assert await inserter.insert(pending_order())
    assert len(aws.received) == 2


async def test_an_order_that_another_has_is_one_request(monkeypatch: pytest.MonkeyPatch) -> None:
    aws = TinyAws([refused("ConditionalCheckFailedException", Item=HELD)])
    async with clients_of(aws, monkeypatch) as opened:
        dynamodb = quick_dynamodb(await opened.dynamodb(), "update_item")
        store = DynamoOrderStore(dynamodb, Tables("o", "p", SHARDS))
        with pytest.raises(OrderBusy) as busy:
            await store.claim("a-1", Lease("us", expires_at_ms=62_000), now_ms=1_000)
    assert busy.value.retry_after_seconds == 60
    assert len(aws.received) == 1


async def test_sold_out_is_one_request(monkeypatch: pytest.MonkeyPatch) -> None:
    short = {"Code": "ConditionalCheckFailed", "Item": {"stock": {"N": "0"}}}
    reasons = [{"Code": "None"}, short]
    aws = TinyAws([refused("TransactionCanceledException", CancellationReasons=reasons)])
    async with clients_of(aws, monkeypatch) as opened:
        dynamodb = quick_dynamodb(await opened.dynamodb(), "transact_write_items")
        store = DynamoOrderStore(dynamodb, Tables("o", "p", SHARDS))
        with pytest.raises(OutOfStock):
            await store.complete(claim(), "2024-01-01T00:00:00.000000Z")
    assert len(aws.received) == 1


REFUSALS = [
    refused("ConditionalCheckFailedException", "The conditional request failed", Item=HELD),
    refused("TransactionCanceledException", CancellationReasons=[{"Code": "TransactionConflict"}]),
    refused("ValidationException", "1 validation error"),
    (400, json.dumps({"__type": "AccessDeniedException", "Message": "not allowed"})),
    (413, "<html>too large</html>"),
    (400, ""),
]


async def error_of(client: Any) -> ClientError:
    with pytest.raises(ClientError) as caught:
        await client.update_item(TableName="t", Key={"id": {"S": "1"}})
    return caught.value


@pytest.mark.parametrize("refusal", REFUSALS)
async def test_a_refusal_is_raised_as_botocore_raises_it(
    monkeypatch: pytest.MonkeyPatch, refusal: tuple[int, str]
) -> None:
    aws = TinyAws([refusal, refusal])
    async with clients_of(aws, monkeypatch) as opened:
        dynamodb = await opened.dynamodb()
        quickly = await error_of(quick_dynamodb(dynamodb, "update_item"))
        usually = await error_of(dynamodb)
    assert len(aws.received) == 2
    assert type(quickly) is type(usually)
    assert str(quickly) == str(usually)
    for number, error in enumerate((quickly, usually), start=1):
        metadata = error.response["ResponseMetadata"]
        assert metadata.pop("RequestId") == f"request-{number}"  # type: ignore[misc]
        del metadata["HTTPHeaders"]  # type: ignore[misc]
    assert quickly.response == usually.response


@pytest.mark.parametrize("failure", [THROTTLED, (500, "{}"), (503, "<html>busy</html>")])
async def test_what_is_throttled_is_tried_three_times_with_growing_pauses(
    monkeypatch: pytest.MonkeyPatch, failure: tuple[int, str]
) -> None:
    aws, pauses = TinyAws([failure] * 3), Pauses()
    async with clients_of(aws, monkeypatch) as opened:
        dynamodb = quick_dynamodb(await opened.dynamodb(), "transact_write_items", sleep=pauses)
        with pytest.raises(ClientError, match="reached max retries: 2"):
            await dynamodb.transact_write_items(TransactItems=[])
        assert opened.calls._calls == {"dynamodb:TransactWriteItems": 3}
    assert len({request.json["ClientRequestToken"] for request in aws.received}) == 1
    assert len(aws.received) == 3
    first, second = pauses
    assert 0 < first < 1
    assert 0 < second < 2


async def test_what_is_throttled_for_a_moment_succeeds(monkeypatch: pytest.MonkeyPatch) -> None:
    aws, pauses = TinyAws([THROTTLED, inserted(None)]), Pauses()
    async with clients_of(aws, monkeypatch) as opened:
        dynamodb = quick_dynamodb(await opened.dynamodb(), INSERT, sleep=pauses)
        assert await BatchedOrderInserter(dynamodb, "orders", SHARDS).insert(pending_order())
    assert len(aws.received) == 2
    assert len(pauses) == 1


async def test_when_all_is_throttled_retries_are_given_up_and_come_back_with_success(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """500 tokens a client, 5 for a retry: a hundred retries, as botocore's standard mode has it."""
    aws, pauses = TinyAws([THROTTLED] * 1000), Pauses()
    async with clients_of(aws, monkeypatch) as opened:
        dynamodb = quick_dynamodb(await opened.dynamodb(), "put_item", sleep=pauses)

        async def put() -> int:
            """Return how many requests one call was."""
            before = len(aws.received)
            with suppress(ClientError):
                await dynamodb.put_item(TableName="t", Item={})
            return len(aws.received) - before

        assert [await put() for _ in range(51)] == [3] * 50 + [1]
        aws.answers = [(200, "{}")] * 5
        assert [await put() for _ in range(5)] == [1] * 5
        aws.answers = [THROTTLED] * 2
        assert await put() == 2


async def test_an_error_of_one_statement_is_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    aws = TinyAws([inserted("DuplicateItem")])
    async with clients_of(aws, monkeypatch) as opened:
        dynamodb = quick_dynamodb(await opened.dynamodb(), INSERT)
        inserter = BatchedOrderInserter(dynamodb, "orders", SHARDS)
        assert await inserter.insert(pending_order()) is False


async def test_an_error_without_a_code_is_no_success(monkeypatch: pytest.MonkeyPatch) -> None:
    aws = TinyAws([(200, json.dumps({"Responses": [{"Error": {}}]}))] * 4)
    async with clients_of(aws, monkeypatch) as opened:
        dynamodb = quick_dynamodb(await opened.dynamodb(), INSERT)
        with pytest.raises(Unavailable):
            await BatchedOrderInserter(dynamodb, "orders", SHARDS).insert(pending_order())


@pytest.mark.parametrize("first", [BROKEN, (200, "<html/>"), (200, "no xml"), (400, "no xml")])
async def test_an_announcement_that_nobody_answers_is_sent_the_ordinary_way(
    monkeypatch: pytest.MonkeyPatch, first: tuple[int, str]
) -> None:
    aws = TinyAws([first, published([0])])
    async with clients_of(aws, monkeypatch) as opened:
        sns = quick_sns(await opened.sns())
        await BatchedOrderPublisher(sns, TOPIC).publish("a-1")
    assert len(aws.received) == 2


@pytest.mark.parametrize(
    "first", [(500, ""), (503, published([0])[1]), not_published("Throttling", status=400)]
)
async def test_an_announcement_that_sns_puts_off_is_sent_again_after_a_pause(
    monkeypatch: pytest.MonkeyPatch, first: tuple[int, str]
) -> None:
    aws, pauses = TinyAws([first, published([0])]), Pauses()
    async with clients_of(aws, monkeypatch) as opened:
        sns = quick_sns(await opened.sns(), sleep=pauses)
        await BatchedOrderPublisher(sns, TOPIC).publish("a-1")
    assert len(aws.received) == 2
    assert len(pauses) == 1


async def test_an_announcement_that_is_refused_for_good_is_one_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    aws = TinyAws([published([], [0]), not_published("NotFound", status=404)])
    async with clients_of(aws, monkeypatch) as opened:
        publisher = BatchedOrderPublisher(quick_sns(await opened.sns()), TOPIC)
        with pytest.raises(Unavailable, match="Bad"):
            await publisher.publish("a-1")
        with pytest.raises(Unavailable, match="NotFound"):
            await publisher.publish("a-2")
    assert len(aws.received) == 2


async def test_of_a_batch_only_what_sns_did_not_take_is_published_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    aws = TinyAws([published([0], [1], ours=False)])
    entries: list[PublishBatchRequestEntryTypeDef] = [
        {"Id": "0", "Message": "a"},
        {"Id": "1", "Message": "b"},
    ]
    async with clients_of(aws, monkeypatch) as opened:
        sns = quick_sns(await opened.sns())
        answer = await sns.publish_batch(TopicArn=TOPIC, PublishBatchRequestEntries=entries)
    assert [entry["Id"] for entry in answer["Successful"]] == ["0"]
    assert answer["Failed"] == [{"Id": "1", "Code": "Bad", "SenderFault": False}]
    assert len(aws.received) == 1


async def test_messages_are_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    aws = TinyAws([published([0])])
    entry: PublishBatchRequestEntryTypeDef = {"Id": "0", "Message": 'a&b=c "ä" +%'}
    async with clients_of(aws, monkeypatch) as opened:
        sns = quick_sns(await opened.sns())
        await sns.publish_batch(TopicArn=TOPIC, PublishBatchRequestEntries=[entry])
    (request,) = aws.received
    assert request.form["PublishBatchRequestEntries.member.1.Message"] == ['a&b=c "ä" +%']


async def test_an_entry_with_more_than_a_message_is_left_to_the_ordinary_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    aws = TinyAws([published([0])])
    entry: PublishBatchRequestEntryTypeDef = {"Id": "0", "Message": "m", "Subject": "s"}
    async with clients_of(aws, monkeypatch) as opened:
        sns = quick_sns(await opened.sns())
        await sns.publish_batch(TopicArn=TOPIC, PublishBatchRequestEntries=[entry])
    (request,) = aws.received
    assert request.form["PublishBatchRequestEntries.member.1.Subject"] == ["s"]
