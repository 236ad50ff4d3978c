from __future__ import annotations

import asyncio

import pytest

from adapters.aws.calls import LOG_SECONDS, AwsCallCounter, counted_calls
from adapters.aws.fast.dynamodb import open_dynamodb
from adapters.aws.fast.errors import AwsError, NoAnswer, Refused
from adapters.aws.fast.service import Attempt
from tests.support.logs import capture_logs
from tests.support.virtual_clock import virtual_time
from tests.unit.adapters.fast.scripted import Scripted, client, ok, refusal


def attempt(call: str, error: AwsError | None = None, request_id: str = "") -> Attempt:
    service, operation = call.split(":")
    return Attempt(service, operation, 1, 0.01, error, request_id)


def refused(code: str) -> Refused:
    return Refused(code, "no", status=400, request_id="", body=b"")


def logged(counter: AwsCallCounter) -> list[dict[str, int]]:
    with capture_logs() as logs:
        counter.log_and_reset()
    return [dict(log["calls"]) for log in logs if log["event"] == "aws_calls"]


def test_calls_are_counted_by_service_and_operation() -> None:
    counter = AwsCallCounter()
    for call in ("dynamodb:UpdateItem", "dynamodb:UpdateItem", "sns:PublishBatch"):
        counter.observe(attempt(call))
    assert logged(counter) == [{"dynamodb:UpdateItem": 2, "sns:PublishBatch": 1}]


def test_a_count_is_told_once_and_none_is_not_told() -> None:
    counter = AwsCallCounter()
    assert logged(counter) == []
    counter.observe(attempt("sqs:ReceiveMessage"))
    assert logged(counter) == [{"sqs:ReceiveMessage": 1}]
    assert logged(counter) == []


@virtual_time
async def test_counts_are_told_regularly_and_at_the_end() -> None:
    with capture_logs() as logs:
        async with counted_calls() as counter:
            counter.observe(attempt("sns:PublishBatch"))
            await asyncio.sleep(2 * LOG_SECONDS + 0.1)
            counter.observe(attempt("sns:PublishBatch"))
            counter.observe(attempt("sns:PublishBatch"))
    assert [log["calls"] for log in logs] == [{"sns:PublishBatch": 1}, {"sns:PublishBatch": 2}]


@pytest.mark.parametrize(
    "code", ["ConditionalCheckFailedException", "TransactionCanceledException"]
)
def test_an_answer_that_our_condition_asked_for_is_no_failure(code: str) -> None:
    counter = AwsCallCounter()
    counter.observe(attempt("dynamodb:UpdateItem", refused(code)))
    with capture_logs() as logs:
        counter.log_and_reset()
    assert [log["event"] for log in logs] == ["aws_calls"]


def test_what_fails_is_counted_by_its_error_with_the_last_request_id() -> None:
    counter = AwsCallCounter()
    for number in (1, 2):
        denied = refused("AccessDeniedException")
        counter.observe(attempt("dynamodb:GetItem", denied, f"request-{number}"))
    counter.observe(attempt("dynamodb:GetItem", NoAnswer("lost", sent=True)))
    with capture_logs() as logs:
        counter.log_and_reset()
        counter.log_and_reset()
    (failures,) = (log["failures"] for log in logs if log["event"] == "aws_failures")
    call = "dynamodb:GetItem"
    assert failures == [
        {"call": call, "error": "AccessDeniedException", "count": 2, "request_id": "request-2"},
        {"call": call, "error": "NoAnswer", "count": 1},
    ]


@virtual_time
async def test_the_fast_client_tells_it_of_each_attempt() -> None:
    counter, aws = AwsCallCounter(), Scripted([refusal("ThrottlingException"), ok()])
    await open_dynamodb(client(aws, observe=counter.observe)).get_item("t", {"id": {"S": "1"}})
    assert logged(counter) == [{"dynamodb:GetItem": 2}]
