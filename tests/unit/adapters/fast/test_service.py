"""One call: its tries, the pauses between, the right time and the right keys."""

from __future__ import annotations

import random
import zlib
from email.utils import formatdate
from typing import Any

import pytest

from adapters.aws.fast.client import FastClient
from adapters.aws.fast.credentials import Credentials, NoCredentials
from adapters.aws.fast.dynamodb import open_dynamodb
from adapters.aws.fast.errors import AwsError, NoAnswer, Refused
from adapters.aws.fast.responses import Response
from adapters.aws.fast.service import Attempt
from tests.support.virtual_clock import now, virtual_time
from tests.unit.adapters.fast.scripted import Scripted, answer, client, ok, refusal

KEY = {"orderId": {"S": "a"}}
LOST = NoAnswer("lost", sent=True)


@pytest.fixture(autouse=True)
def the_same_jitter_every_time() -> None:
    random.seed(1)


async def get(transport: Scripted, **options: Any) -> Any:
    return await open_dynamodb(client(transport, **options)).get_item("orders", KEY)


@virtual_time
async def test_a_success_is_one_request() -> None:
    transport = Scripted([ok({"Item": KEY})])
    assert await get(transport) == KEY
    assert len(transport.sent) == 1


@pytest.mark.parametrize(
    "failure", [LOST, refusal("InternalServerError", 500), answer(503, b"<html>busy</html>")]
)
@virtual_time
async def test_what_broke_is_asked_again_soon(failure: Response | NoAnswer) -> None:
    transport = Scripted([failure, failure, failure, ok({"Item": KEY})])
    assert await get(transport) == KEY
    assert len(transport.sent) == 4
    assert 0 < now() < 0.025 + 0.05 + 0.1


@virtual_time
async def test_throttling_is_asked_again_slowly() -> None:
    transport = Scripted([*[refusal("ThrottlingException")] * 3, ok({})])
    assert await get(transport) is None
    assert len(transport.sent) == 4
    assert 0.175 < now() < 7


@virtual_time
async def test_the_last_failure_is_what_is_told() -> None:
    transport = Scripted(
        [LOST, LOST, LOST, refusal("InternalServerError", 500, x_amzn_requestid="r-1")]
    )
    with pytest.raises(Refused, match=r"InternalServerError: why \(HTTP 500, request r-1\)"):
        await get(transport)
    assert not transport.answers


@virtual_time
async def test_a_refusal_is_not_asked_again() -> None:
    transport = Scripted([refusal("AccessDeniedException")])
    with pytest.raises(Refused):
        await get(transport)
    assert now() == 0


@virtual_time
async def test_a_service_is_waited_for_as_it_asks() -> None:
    transport = Scripted([answer(503, b"", x_amz_retry_after="2500"), ok({})])
    await get(transport)
    assert now() == pytest.approx(2.5)


@pytest.mark.parametrize("told", ["soon", "-5", "99999999", ""])
@virtual_time
async def test_a_pause_that_is_none_is_not_kept(told: str) -> None:
    transport = Scripted([answer(503, b"", x_amz_retry_after=told), ok({})])
    await get(transport)
    assert now() < 0.025


@virtual_time
async def test_in_an_outage_calls_stop_being_repeated() -> None:
    transport = Scripted([LOST] * 200)
    dynamodb = open_dynamodb(client(transport))
    for _ in range(30):
        with pytest.raises(NoAnswer):
            await dynamodb.get_item("orders", KEY)
    # 500 tokens pay for 35 retries; each call itself is free.
    assert len(transport.sent) == 30 + 35


@virtual_time
async def test_a_wrong_checksum_is_a_lost_answer() -> None:
    good = ok({"Item": KEY})
    bad = Response(200, {b"x-amz-crc32": b"1"}, good.body, keep_alive=True)
    told = str(zlib.crc32(good.body)).encode()
    right = Response(200, {b"x-amz-crc32": told}, good.body, keep_alive=True)
    transport = Scripted([bad, right])
    assert await get(transport) == KEY
    assert len(transport.sent) == 2


@virtual_time
async def test_an_answer_that_is_no_document_is_no_answer() -> None:
    for body in (b"", b"no json", b"[]", b'{"Item": 3}', b"\xff"):
        with pytest.raises(NoAnswer, match="cannot be read"):
            await get(Scripted([answer(200, body)]))


class Keys:
    """Fulfils `CredentialSource`: new keys whenever the old ones are forgotten."""

    def __init__(self) -> None:
        self.number = 1

    async def current(self) -> Credentials:
        return Credentials(f"AKIA{self.number}", "secret", "token")

    def forget(self, refused: Credentials) -> None:
        assert refused.access_key == f"AKIA{self.number}"
        self.number += 1


@pytest.mark.parametrize("code", ["ExpiredTokenException", "ExpiredToken"])
@virtual_time
async def test_keys_that_ended_on_the_way_are_replaced_immediately(code: str) -> None:
    transport = Scripted([refusal(code, 403), ok({"Item": KEY})])
    assert await get(transport, credentials=Keys()) == KEY
    first, second = (each.headers["authorization"] for each in transport.sent)
    assert "AKIA1/" in first
    assert "AKIA2/" in second
    assert now() == 0


@virtual_time
async def test_a_clock_that_is_wrong_is_put_right_once() -> None:
    hour_ahead = formatdate(1_800_003_600, usegmt=True)
    skewed = refusal("InvalidSignatureException", date=hour_ahead)
    transport = Scripted([skewed, ok({}), ok({})])
    dynamodb = open_dynamodb(client(transport, now=lambda: 1_800_000_000.0))
    await dynamodb.get_item("orders", KEY)
    await dynamodb.get_item("orders", KEY)
    moments = [each.headers["x-amz-date"] for each in transport.sent]
    assert moments == ["20270115T080000Z", "20270115T090000Z", "20270115T090000Z"]
    assert now() == 0


@virtual_time
async def test_a_signature_that_is_wrong_at_the_right_time_is_refused() -> None:
    now_there = formatdate(1_800_000_010, usegmt=True)
    transport = Scripted([refusal("InvalidSignatureException", date=now_there)])
    with pytest.raises(Refused):
        await get(transport, now=lambda: 1_800_000_000.0)


@pytest.mark.parametrize("date", ["", "yesterday", "Tue, 99 Foo 2026 99:99:99 GMT"])
@virtual_time
async def test_a_date_that_is_none_teaches_nothing(date: str) -> None:
    with pytest.raises(Refused):
        await get(Scripted([refusal("RequestTimeTooSkewed", 403, date=date)]))


@virtual_time
async def test_every_request_is_told_to_who_observes() -> None:
    seen: list[Attempt] = []
    transport = Scripted([LOST, ok({}, x_amzn_requestid="r-2")])
    await get(transport, observe=seen.append)
    assert [(each.service, each.operation, each.number) for each in seen] == [
        ("dynamodb", "GetItem", 1),
        ("dynamodb", "GetItem", 2),
    ]
    assert isinstance(seen[0].error, AwsError)
    assert (seen[1].error, seen[1].request_id) == (None, "r-2")


@virtual_time
async def test_closing_the_client_closes_its_transports() -> None:
    transport = Scripted([])
    async with client(transport) as opened:
        open_dynamodb(opened)
    assert transport.closed


def test_without_keys_there_is_no_client() -> None:
    with pytest.raises(NoCredentials, match="AWS_ACCESS_KEY_ID"):
        FastClient("us-west-2", variables={})
