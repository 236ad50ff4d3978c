"""The `Expect` header: what the head alone decides is answered before the body is asked for."""

from __future__ import annotations

import asyncio

import pytest

from receiver.server import drain
from tests.unit.receiver.fakes import Receiver, eventually, running_receiver
from tests.unit.receiver.wire import LOOK, ORDER, POST, exchange, hang_up, statuses, until_closed

pytestmark = pytest.mark.socket

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
EXPECT = b"Expect: 100-continue\r\n"
LENGTH = b"Content-Length: %d\r\n" % len(ORDER)
TEXT = POST.replace(b"application/json", b"text/plain")


def path(path: bytes) -> bytes:
    """The head of a good order to another path."""
    return POST.replace(b"/orders", path)


async def test_a_client_that_asks_first_is_told_to_go_on(receiver: Receiver) -> None:
    length = b"Content-Length: " + str(len(ORDER)).encode()
    answer = await exchange(receiver, POST + b"Expect: 100-continue\r\n" + length + b"\r\n\r\n")
    assert answer == b"HTTP/1.1 100 Continue\r\n\r\n"


@pytest.mark.parametrize(
    "expectation",
    [b"surprise", b"\xff", b"100-continue, surprise", b"100-continue\r\nExpect: surprise"],
)
@pytest.mark.parametrize("path", [b"/health", b"/nowhere"])
async def test_another_expectation_is_417(
    receiver: Receiver, path: bytes, expectation: bytes
) -> None:
    head = b"GET " + path + b" HTTP/1.1\r\nHost: x\r\nExpect: " + expectation
    answer = await exchange(receiver, head + b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 417 ")
    assert b"application/problem+json" in answer
    assert b"X-Request-Id" in answer


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (POST + b"Content-Length: 65537\r\n", 413),
        (TEXT + LENGTH, 415),
        (POST + LENGTH + b"Content-Encoding: gzip\r\n", 415),
        (path(b"/nowhere") + LENGTH, 404),
        (path(b"/products") + LENGTH, 405),
        (POST.replace(b"POST", b"PUT") + LENGTH, 405),
        (path(b"/orders?a=b") + LENGTH, 422),
        (POST + LENGTH + b"Idempotency-Key: a b\r\n", 422),
        (POST + LENGTH + b"Idempotency-Key: \xff\r\n", 422),
        (POST + LENGTH + b"Idempotency-Key: a\r\nIdempotency-Key: b\r\n", 422),
        (POST + LENGTH + b"Expect: surprise\r\n", 417),
    ],
    ids=range(11),
)
async def test_what_the_head_decides_is_the_only_answer(
    receiver: Receiver, head: bytes, status: int
) -> None:
    answer = await until_closed(receiver, [head + EXPECT + b"\r\n"], end=True)
    assert statuses(answer) == [status]
    assert b"application/problem+json" in answer
    # The body was not asked for, and what comes next may or may not be it.
    assert b"Connection: close" in answer
    assert receiver.table.orders == {}


async def test_a_path_that_its_topology_does_not_have_is_not_asked_for_a_body(
    sync_receiver: Receiver,
) -> None:
    head = path(b"/orders/async") + EXPECT + LENGTH + b"\r\n"
    assert statuses(await until_closed(sync_receiver, [head], end=True)) == [404]


@pytest.mark.parametrize("route", [b"/orders/async", b"/orders/sync"])
async def test_a_body_is_not_asked_for_during_a_drain(receiver: Receiver, route: bytes) -> None:
    await drain(receiver.app, receiver.settings)
    head = path(route) + EXPECT + LENGTH + b"\r\n"
    answer = await until_closed(receiver, [head], end=True)
    assert statuses(answer) == [503]
    assert b"Retry-After" in answer


async def test_a_body_is_not_asked_for_when_its_order_would_be_turned_away() -> None:
    async with running_receiver(max_in_flight=1) as receiver:
        receiver.topic.open.clear()
        asking = asyncio.create_task(receiver.order())
        await eventually(lambda: receiver.table.orders)
        answer = await until_closed(receiver, [POST + EXPECT + LENGTH + b"\r\n"], end=True)
        assert statuses(answer) == [503]
        receiver.topic.open.set()
        assert (await asking).status == 202


@pytest.mark.parametrize("framing", [LENGTH, b"Transfer-Encoding: chunked\r\n"])
async def test_a_body_that_is_asked_for_is_read_and_the_connection_kept(
    receiver: Receiver, framing: bytes
) -> None:
    body = ORDER if framing is LENGTH else b"%x\r\n%b\r\n0\r\n\r\n" % (len(ORDER), ORDER)
    reader, writer = await asyncio.open_connection("127.0.0.1", receiver.port)
    for _ in range(2):
        writer.write(POST + EXPECT + framing + b"\r\n")
        assert await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10) == CONTINUE
        writer.write(body)
        answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
        assert statuses(answer) == [202]
        assert b"Connection: close" not in answer
        await reader.readuntil(b"}],")  # the lines of the order
        await reader.readuntil(b"}")
    await hang_up(writer)
    assert len(receiver.table.orders) == 2


async def test_who_does_not_wait_is_not_told_to_go_on(receiver: Receiver) -> None:
    order = POST + EXPECT + LENGTH + b"\r\n" + ORDER
    answer = await until_closed(receiver, [order + LOOK], end=True)
    assert statuses(answer) == [202, 200]


async def test_a_client_of_http_1_0_is_never_told_to_go_on(receiver: Receiver) -> None:
    head = POST.replace(b"HTTP/1.1", b"HTTP/1.0") + EXPECT + LENGTH + b"\r\n"
    assert statuses(await until_closed(receiver, [head, ORDER], end=True)) == [202]


async def test_a_request_without_a_body_is_not_told_to_go_on(receiver: Receiver) -> None:
    look = LOOK.replace(b"\r\n\r\n", b"\r\n" + EXPECT + b"\r\n")
    assert statuses(await until_closed(receiver, [look * 2], end=True)) == [200, 200]


async def test_headers_that_are_no_text_do_no_harm_beside_an_expectation(
    receiver: Receiver,
) -> None:
    odd = b"X-Request-Id: \xff\r\nX-Odd: \xfe\r\nOrigin: \xff\r\n"
    sent = POST + odd + EXPECT + LENGTH + b"\r\n" + ORDER
    assert statuses(await until_closed(receiver, [sent], end=True)) == [202]
