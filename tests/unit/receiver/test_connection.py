"""Raw bytes on the socket: what no HTTP library would send."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from tests.unit.receiver.fakes import Receiver, running_receiver

POST = b"POST /orders HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
ORDER = b'{"customer_id":1,"items":[{"product_id":1,"quantity":1}]}'


async def exchange(receiver: Receiver, sent: bytes, *, end: bool = False) -> bytes:
    """Send bytes and return what comes until the receiver closes or goes quiet."""
    reader, writer = await asyncio.open_connection("127.0.0.1", receiver.port)
    writer.write(sent)
    if end:
        writer.write_eof()
    answer = b""
    try:
        while chunk := await asyncio.wait_for(reader.read(65536), 0.5 if answer else 10):
            answer += chunk
    except TimeoutError:
        assert answer, "neither an answer nor an end"
    finally:
        await hang_up(writer)
    return answer


async def hang_up(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


async def still_works(receiver: Receiver) -> bool:
    return (await receiver.order()).status == 202


@pytest.mark.parametrize(
    "sent",
    [
        b"hello\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20,
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost : x\r\n\r\n",
        b"GET /health HTTP/1.1\r\nX: " + b"a" * 20_000 + b"\r\n\r\n",
        b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /health HTTP/1.1\r\n" + b"X: a\r\n" * 1_000 + b"\r\n",
        POST + b"Content-Length: -1\r\n\r\n",
        POST + b"Content-Length: x\r\n\r\n",
        POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
    ids=range(13),
)
async def test_bytes_that_are_no_request_are_a_400_problem(receiver: Receiver, sent: bytes) -> None:
    answer = await exchange(receiver, sent)
    assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.0 400 ")), answer
    assert b"application/problem+json" in answer
    assert await still_works(receiver)


@pytest.mark.parametrize(
    "sent",
    [
        POST + b"Content-Length: 1000\r\n\r\n" + ORDER,
        POST + b"Transfer-Encoding: chunked\r\n\r\n39\r\n" + ORDER[:20],
        POST,
        b"",
    ],
    ids=range(4),
)
async def test_a_request_that_breaks_off_places_no_order(receiver: Receiver, sent: bytes) -> None:
    await exchange(receiver, sent, end=True)
    assert receiver.table.orders == {}
    assert await still_works(receiver)


async def test_a_request_head_that_does_not_end_in_time_is_cut_off() -> None:
    async with running_receiver(head_seconds=0.1) as receiver:
        reader, writer = await asyncio.open_connection("127.0.0.1", receiver.port)
        writer.write(b"GET /health HTTP/1.1\r\nX: ")
        answer = asyncio.create_task(reader.read())
        for _ in range(100):
            writer.write(b"a")  # a byte now and then buys no more time
            if (await asyncio.wait({answer}, timeout=0.02))[0]:
                break
        assert answer.done()
        with suppress(ConnectionResetError):  # what was written after the cut
            assert await answer == b""
        await hang_up(writer)
        assert await still_works(receiver)


async def test_a_quiet_connection_a_slow_head_and_a_slow_answer_are_not_cut_off() -> None:
    async with running_receiver(head_seconds=0.5) as receiver:
        receiver.topic.open.clear()
        reader, writer = await asyncio.open_connection("127.0.0.1", receiver.port)
        await asyncio.sleep(0.6)
        writer.write(POST[:20])
        await asyncio.sleep(0.1)
        writer.write(POST[20:] + b"Content-Length: " + str(len(ORDER)).encode() + b"\r\n\r\n")
        await asyncio.sleep(0.6)
        writer.write(ORDER)
        await asyncio.sleep(0.6)
        receiver.topic.open.set()
        assert (await reader.readline()).startswith(b"HTTP/1.1 202")
        await hang_up(writer)


async def test_a_body_that_is_announced_too_large_is_refused_before_it_comes(
    receiver: Receiver,
) -> None:
    answer = await exchange(receiver, POST + b"Content-Length: 1000000000\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413 ")


async def test_requests_sent_in_a_row_are_answered_in_order(receiver: Receiver) -> None:
    head = POST + b"Content-Length: " + str(len(ORDER)).encode() + b"\r\n\r\n"
    answer = await exchange(receiver, (head + ORDER) * 3)
    assert answer.count(b"HTTP/1.1 202") == 3
    assert len(receiver.table.orders) == 3


async def test_a_client_that_asks_first_is_told_to_go_on(receiver: Receiver) -> None:
    length = b"Content-Length: " + str(len(ORDER)).encode()
    answer = await exchange(receiver, POST + b"Expect: 100-continue\r\n" + length + b"\r\n\r\n")
    assert answer == b"HTTP/1.1 100 Continue\r\n\r\n"


@pytest.mark.parametrize("expectation", [b"surprise", b"\xff"])
@pytest.mark.parametrize("path", [b"/health", b"/nowhere"])
async def test_another_expectation_is_417(
    receiver: Receiver, path: bytes, expectation: bytes
) -> None:
    head = b"GET " + path + b" HTTP/1.1\r\nHost: x\r\nExpect: " + expectation
    answer = await exchange(receiver, head + b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 417 ")
    assert b"application/problem+json" in answer


async def test_a_refused_compressed_body_does_not_spoil_the_connection(receiver: Receiver) -> None:
    length = b"Content-Length: " + str(len(ORDER)).encode() + b"\r\n\r\n"
    refused = POST + b"Content-Encoding: gzip\r\n" + length + ORDER
    answer = await exchange(receiver, refused + POST + length + ORDER)
    assert answer.startswith(b"HTTP/1.1 415 ")
    assert b"HTTP/1.1 202 " in answer
