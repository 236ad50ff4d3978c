"""What the adapters make of answers as they come: how many requests, and what is told of them."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.aws.fast.dynamodb import open_dynamodb
from adapters.aws.fast.errors import NoAnswer
from adapters.aws.fast.responses import Response
from adapters.aws.fast.sns import open_sns
from adapters.orders.inserter import BatchedOrderInserter
from adapters.orders.publisher import BatchedOrderPublisher
from adapters.orders.schema import Tables
from adapters.orders.store import DynamoOrderStore
from orders.errors import OrderBusy, OutOfStock, Unavailable
from orders.ports import Claim, Lease
from tests.support.fake_shop import SHARDS
from tests.support.virtual_clock import virtual_time
from tests.unit.adapters.fast.scripted import Scripted, answer, client, ok, refusal
from tests.unit.orders.fakes import pending_order

TOPIC = "arn:aws:sns:us-west-2:123456789012:placed"
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
LOST = NoAnswer("the connection was lost", sent=True)


def inserter(aws: Scripted) -> BatchedOrderInserter:
    return BatchedOrderInserter(open_dynamodb(client(aws)), "orders", SHARDS)


def store(aws: Scripted) -> DynamoOrderStore:
    return DynamoOrderStore(open_dynamodb(client(aws)), Tables("o", "p", SHARDS))


def statements(*codes: str | None) -> Response:
    told: list[Any] = [{"Error": {"Code": code}} if code is not None else {} for code in codes]
    return ok({"Responses": told})


def published(entry: str) -> Response:
    result = f"<PublishBatchResponse><PublishBatchResult>{entry}</PublishBatchResult>"
    return answer(200, f"{result}</PublishBatchResponse>".encode())


TAKEN = published("<Successful><member><Id>0</Id></member></Successful>")


@virtual_time
async def test_an_order_that_another_has_is_one_request() -> None:
    aws = Scripted([refusal("ConditionalCheckFailedException", more={"Item": HELD})])
    with pytest.raises(OrderBusy) as busy:
        await store(aws).claim("a-1", Lease("us", expires_at_ms=62_000), now_ms=1_000)
    assert busy.value.retry_after_seconds == 60
    assert len(aws.sent) == 1


@virtual_time
async def test_sold_out_is_one_request() -> None:
    short = {"Code": "ConditionalCheckFailed", "Item": {"stock": {"N": "0"}}}
    more = {"CancellationReasons": [{"Code": "None"}, short]}
    aws = Scripted([refusal("TransactionCanceledException", more=more)])
    claim = Claim(pending_order(), Lease("us", expires_at_ms=60_000))
    with pytest.raises(OutOfStock):
        await store(aws).complete(claim, "2024-01-01T00:00:00.000000Z")
    assert len(aws.sent) == 1


@pytest.mark.parametrize(
    "failure",
    [LOST, answer(503, b"busy"), refusal("ThrottlingException")],
    ids=["lost", "503", "throttled"],
)
@virtual_time
async def test_an_insert_that_nobody_answers_is_sent_again(failure: Response | NoAnswer) -> None:
    aws = Scripted([failure, statements(None)])
    assert await inserter(aws).insert(pending_order())
    assert len(aws.sent) == 2


@virtual_time
async def test_an_insert_whose_answer_nobody_can_read_is_its_callers_to_decide() -> None:
    """It may have been carried out."""
    with pytest.raises(Unavailable, match="cannot be read"):
        await inserter(Scripted([answer(200, b"<html/>")])).insert(pending_order())


@virtual_time
async def test_an_error_of_one_statement_is_its_own() -> None:
    assert await inserter(Scripted([statements("DuplicateItem")])).insert(pending_order()) is False


@virtual_time
async def test_an_error_without_a_code_is_no_success() -> None:
    with pytest.raises(Unavailable):
        await inserter(Scripted([statements("")] * 4)).insert(pending_order())


@pytest.mark.parametrize("failure", [LOST, answer(500, b""), answer(503, TAKEN.body)])
@virtual_time
async def test_an_announcement_that_sns_puts_off_is_sent_again(
    failure: Response | NoAnswer,
) -> None:
    aws = Scripted([failure, TAKEN])
    await BatchedOrderPublisher(open_sns(client(aws)), TOPIC).publish("a-1")
    assert len(aws.sent) == 2


@virtual_time
async def test_an_announcement_that_is_refused_for_good_is_one_request() -> None:
    bad = "<member><Id>0</Id><Code>Bad</Code><SenderFault>true</SenderFault></member>"
    gone = b"<ErrorResponse><Error><Code>NotFound</Code></Error></ErrorResponse>"
    aws = Scripted([published(f"<Failed>{bad}</Failed>"), answer(404, gone)])
    publisher = BatchedOrderPublisher(open_sns(client(aws)), TOPIC)
    with pytest.raises(Unavailable, match="Bad"):
        await publisher.publish("a-1")
    with pytest.raises(Unavailable, match="NotFound"):
        await publisher.publish("a-2")
    assert len(aws.sent) == 2
