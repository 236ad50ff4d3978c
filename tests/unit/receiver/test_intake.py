from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest
from multidict import CIMultiDict

from receiver import intake
from tests.unit.receiver.fakes import Receiver, eventually, order_with, problem_of

pytestmark = pytest.mark.socket

JSON = "application/json"


def encoded(**fields: object) -> bytes:
    return msgspec.json.encode(order_with(**fields))


async def test_the_seeds_orders_are_taken_as_they_are_typed(receiver: Receiver) -> None:
    first = await receiver.post(
        b'{"order_id":"001","customer_id":123,'
        b'"items":[{"product_id":"SKU-001","quantity":1,"price":19.99}]}'
    )
    second = await receiver.post(
        b'{"customer_id": 123, "items": [{"product_id": 1, "quantity": 2}]}'
    )
    assert (first.status, second.status) == (202, 202)
    assert first.headers["Location"] == "/orders/001"
    assert (await second.json())["total_cents"] == 5000


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"x",
        b"{} {}",
        b"\xef\xbb\xbf{}",
        b'{"customer_id": NaN}',
        b'{"customer_id": Infinity}',
        b'{"customer_id": -Infinity}',
        b'{"customer_id": 1e400',
        b'{"customer_id": "\xff"}',
        b'{"customer_id": "\\ud800"}',
        b'{"customer_id": "\x00"}',
        b"[" * 60_000,
        b'{"customer_id":' * 4_000,
    ],
    ids=range(14),
)
async def test_a_body_that_is_not_json_is_400(receiver: Receiver, body: bytes) -> None:
    response = await receiver.post(body)
    assert response.status == 400
    assert (await problem_of(response))["type"].endswith(":malformed")
    assert receiver.table.orders == {}


@pytest.mark.parametrize(
    ("body", "field", "value"),
    [
        (b"null", None, None),
        (b"[]", None, None),
        (b"{}", "customer_id", None),
        (encoded(surprise=1), "surprise", 1),
        (encoded(customer_id=""), "customer_id", ""),
        (encoded(customer_id=1.5), "customer_id", 1.5),
        (encoded(customer_id=True), "customer_id", True),
        (b'{"customer_id":' + b"9" * 100 + b',"items":[]}', "customer_id", "9" * 100),
        (b'{"customer_id":' + b"9" * 5_000 + b"}", "customer_id", "9" * 300 + "…"),
        (b'{"customer_id":1e400,"items":[]}', "customer_id", "1e400"),
        (encoded(customer_id="x" * 129), "customer_id", "x" * 129),
        (encoded(items=[]), "items", None),
        (encoded(items=[{"product_id": 1, "quantity": 0}]), "items[0].quantity", 0),
        (encoded(items=[{"product_id": 1, "quantity": 1001}]), "items[0].quantity", 1001),
        (encoded(items=[{"product_id": 1, "quantity": "1"}]), "items[0].quantity", "1"),
        (encoded(items=[{"product_id": 1, "quantty": 1}]), "items[0].quantty", 1),
        (encoded(items=[{"product_id": 9, "quantity": 1}]), "items[0].product_id", "9"),
        (encoded(items=[{"product_id": 1, "quantity": 1, "price": 1}]), "items[0].price", 1.0),
        (encoded(items=[{"product_id": 1, "quantity": 1}] * 101), "items", None),
        (encoded(order_id=""), "order_id", ""),
        (encoded(order_id=".."), "order_id", ".."),
        (encoded(order_id="a/b"), "order_id", "a/b"),
        (encoded(order_id="sync"), "order_id", "sync"),
        (encoded(order_id="a\n"), "order_id", "a\n"),
        (encoded(order_id="x" * 129), "order_id", "x" * 129),
    ],
    ids=range(25),
)
async def test_a_broken_rule_is_422_with_field_rule_and_value(
    receiver: Receiver, body: bytes, field: str | None, value: object
) -> None:
    response = await receiver.post(body)
    assert response.status == 422
    problem = await problem_of(response)
    assert problem.get("field") == field
    assert problem.get("value") == value
    assert problem["rule"]
    assert problem["instance"] == "/orders"
    assert receiver.table.orders == {}


async def test_of_a_field_sent_twice_the_last_counts(receiver: Receiver) -> None:
    body = b'{"customer_id":1,"customer_id":2,"items":[{"product_id":1,"quantity":1}]}'
    assert (await (await receiver.post(body)).json())["customer_id"] == "2"


async def test_values_in_problems_are_cut_short(receiver: Receiver) -> None:
    problem = await problem_of(await receiver.post(encoded(order_id="x" * 50_000)))
    assert len(problem["value"]) < 400
    problem = await problem_of(await receiver.post(encoded(**{"y" * 50_000: 1})))
    assert len(problem["field"]) < 400
    assert len(problem["rule"]) < 400
    assert len(problem["detail"]) < 400


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json; charset=latin-1",
        "\xff",
    ],
)
async def test_another_content_type_than_json_is_415(receiver: Receiver, content_type: str) -> None:
    response = await receiver.post(encoded(), **{"Content-Type": content_type})
    assert response.status == 415
    assert (await problem_of(response))["field"] == "Content-Type"


@pytest.mark.parametrize("content_type", [f"{JSON}; charset=utf-8", f"{JSON};charset=UTF-8"])
async def test_json_may_name_its_charset(receiver: Receiver, content_type: str) -> None:
    response = await receiver.post(encoded(), **{"Content-Type": content_type})
    assert response.status == 202


async def test_a_compressed_body_is_415(receiver: Receiver) -> None:
    response = await receiver.post(b"\x1f\x8b", **{"Content-Encoding": "gzip"})
    assert response.status == 415
    assert (await problem_of(response))["field"] == "Content-Encoding"


async def test_a_body_of_64_kib_is_read_and_one_byte_more_is_413(receiver: Receiver) -> None:
    body = encoded()
    largest = body + b" " * (64 * 1024 - len(body))
    assert (await receiver.post(largest)).status == 202
    response = await receiver.post(largest + b" ")
    assert response.status == 413
    assert "65536 bytes" in (await problem_of(response))["rule"]


async def test_a_body_without_a_length_is_cut_off_at_64_kib(receiver: Receiver) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 4096
            yield b" " * 4096
            await asyncio.sleep(0.001)

    response = await receiver.client.post("/orders", data=endless(), headers={"Content-Type": JSON})
    assert response.status == 413
    assert sent < 1024 * 1024


async def test_a_body_that_takes_too_long_is_408(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "BODY_SECONDS", 0.02)
    blocked = asyncio.Event()

    async def stalled() -> AsyncIterator[bytes]:
        yield b"{"
        await blocked.wait()

    response = await receiver.client.post("/orders", data=stalled(), headers={"Content-Type": JSON})
    assert response.status == 408
    await problem_of(response)


async def test_the_same_idempotency_key_stands_for_the_same_order(receiver: Receiver) -> None:
    headers = {"Idempotency-Key": "key-1"}
    first = await receiver.post(encoded(), **headers)
    second = await receiver.post(encoded(), **headers)
    assert (first.status, second.status) == (202, 202)
    assert await first.json() == await second.json()
    assert len(receiver.table.orders) == 1


async def test_an_order_id_wins_over_an_idempotency_key(receiver: Receiver) -> None:
    response = await receiver.post(encoded(order_id="a-1"), **{"Idempotency-Key": "key-1"})
    assert response.headers["Location"] == "/orders/a-1"


async def test_a_key_used_with_other_content_is_422(receiver: Receiver) -> None:
    headers = {"Idempotency-Key": "key-1"}
    await receiver.post(encoded(), **headers)
    other = [{"product_id": 1, "quantity": 1}]
    response = await receiver.post(encoded(items=other), **headers)
    assert response.status == 422
    assert (await problem_of(response))["rule"] == "was used for an order with other content"


async def test_two_customers_who_both_send_one_idempotency_key_place_two_orders(
    receiver: Receiver,
) -> None:
    headers = {"Idempotency-Key": "1"}
    answers = [await receiver.post(encoded(customer_id=each), **headers) for each in (1, 2, "1")]
    assert [answer.status for answer in answers] == [202] * 3
    assert [order.customer_id for order in receiver.table.orders.values()] == ["1", "2"]
    assert await answers[0].json() == await answers[2].json()


@pytest.mark.parametrize("key", ["", "x" * 256, "a b", "ä"])
async def test_an_idempotency_key_that_breaks_the_rules_is_422(
    receiver: Receiver, key: str
) -> None:
    response = await receiver.post(encoded(), **{"Idempotency-Key": key})
    assert response.status == 422
    assert (await problem_of(response))["field"] == "Idempotency-Key"


async def test_two_idempotency_keys_are_422(receiver: Receiver) -> None:
    headers = CIMultiDict([("Content-Type", JSON), ("Idempotency-Key", "a")])
    headers.add("Idempotency-Key", "b")
    response = await receiver.client.post("/orders", data=encoded(), headers=headers)
    assert response.status == 422
    assert (await problem_of(response))["field"] == "Idempotency-Key"


async def test_concurrent_requests_with_one_key_get_the_same_answer(receiver: Receiver) -> None:
    receiver.topic.open.clear()
    asking = [
        asyncio.create_task(receiver.post(encoded(), **{"Idempotency-Key": "key-1"}))
        for _ in range(8)
    ]
    await eventually(lambda: receiver.table.orders)
    receiver.topic.open.set()
    answers = await asyncio.gather(*asking)
    assert {answer.status for answer in answers} == {202}
    assert len({await answer.read() for answer in answers}) == 1
    assert len(receiver.table.orders) == 1
