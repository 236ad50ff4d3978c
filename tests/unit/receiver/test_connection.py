"""Raw bytes on the socket: what no HTTP library would send."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
from aiohttp import web
from aiohttp.web_request import BaseRequest

from receiver.protocol import ReceiverProtocol
from tests.unit.receiver.fakes import Receiver, eventually, running_receiver
from tests.unit.receiver.wire import (
    BROKEN,
    LOOK,
    ORDER,
    PLACE,
    PLACE_CHUNKED,
    POST,
    exchange,
    hang_up,
    statuses,
    until_closed,
)

pytestmark = pytest.mark.socket


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
        POST + b"Content-Length: -1\r\n\r\n",
        POST + b"Content-Length: x\r\n\r\n",
        POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
    ids=range(10),
)
async def test_bytes_that_are_no_request_are_a_400_problem(receiver: Receiver, sent: bytes) -> None:
    answer = await exchange(receiver, sent)
    assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.0 400 ")), answer
    assert b"application/problem+json" in answer
    assert await still_works(receiver)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /" + b"a" * 8192 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        (b"GET /" + b"a" * 20_000, 414),
        (b"GET /health HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 9_000 + b"\r\n\r\n", 431),
        (b"GET /health HTTP/1.1\r\nHost: x\r\n" + b"a" * 9_000 + b": x\r\n\r\n", 431),
        (b"GET /health HTTP/1.1\r\nHost: x\r\nX: /" + b"a" * 20_000, 431),
        (b"GET /health HTTP/1.1\r\nHost: x\r\n" + b"X: a\r\n" * 128 + b"\r\n", 431),
        (b"GET /health HTTP/1.1\r\n" + b"X: a\r\n" * 1_000 + b"\r\n", 431),
    ],
    ids=range(7),
)
async def test_a_head_that_is_too_long_is_told_in_which_part(
    receiver: Receiver, sent: bytes, status: int
) -> None:
    answer = await until_closed(receiver, [LOOK + sent], end=False)
    assert statuses(answer) == [200, status]
    assert b"application/problem+json" in answer
    assert await still_works(receiver)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /" + b"a" * 8191 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 404),
        (b"GET /health HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 8189 + b"\r\n\r\n", 200),
        (b"GET /health HTTP/1.1\r\nHost: x\r\n" + b"X: a\r\n" * 127 + b"\r\n", 200),
    ],
    ids=range(3),
)
async def test_a_head_may_be_as_long_as_the_document_says(
    receiver: Receiver, sent: bytes, status: int
) -> None:
    assert statuses(await exchange(receiver, sent)) == [status]


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


async def test_a_refused_compressed_body_does_not_spoil_the_connection(receiver: Receiver) -> None:
    length = b"Content-Length: " + str(len(ORDER)).encode() + b"\r\n\r\n"
    refused = POST + b"Content-Encoding: gzip\r\n" + length + ORDER
    answer = await exchange(receiver, refused + POST + length + ORDER)
    assert answer.startswith(b"HTTP/1.1 415 ")
    assert b"HTTP/1.1 202 " in answer


async def test_requests_before_broken_bytes_keep_their_answers(receiver: Receiver) -> None:
    for pipelined, expected in (
        ([PLACE, BROKEN], [202, 400]),
        ([PLACE_CHUNKED, BROKEN], [202, 400]),
        ([LOOK, PLACE, LOOK, b"hello\r\n\r\n", LOOK], [200, 202, 200, 400]),
        ([LOOK] * 100 + [BROKEN] * 100, [200] * 100 + [400]),
    ):
        answer = await until_closed(receiver, [b"".join(pipelined)], end=False)
        assert statuses(answer) == expected
    assert len(receiver.table.orders) == 3


@pytest.mark.parametrize("cut", [1, 30, len(PLACE) - 1, len(PLACE), len(PLACE) + 1])
async def test_a_request_that_came_in_two_segments_is_not_taken_along_either(
    receiver: Receiver, cut: int
) -> None:
    sent = PLACE + BROKEN
    answer = await until_closed(receiver, [sent[:cut], sent[cut:]], end=False)
    assert statuses(answer) == [202, 400]


async def test_a_chunk_that_is_none_is_the_only_answer_to_its_request(
    receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    head = POST + b"Transfer-Encoding: chunked\r\n\r\n"
    for segments in (
        [head + b"zz\r\n"],
        [head, b"zz\r\n"],
        [head + b"1\r\n{\r\n", b"zz\r\n" + PLACE],
    ):
        answer = await until_closed(receiver, segments, end=False)
        assert statuses(answer) == [400]
    assert receiver.table.orders == {}
    assert not caplog.records


async def test_few_requests_are_parsed_ahead_of_their_turn() -> None:
    turn = asyncio.Event()

    async def wait(_request: BaseRequest) -> web.StreamResponse:
        await turn.wait()
        return web.Response()

    manager = web.Server(wait)
    loop = asyncio.get_running_loop()
    protocol = ReceiverProtocol(manager, loop=loop, head_seconds=10)
    server = await loop.create_server(lambda: protocol, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    writer.write(LOOK * 1000)
    writer.write_eof()
    await eventually(lambda: protocol._messages)
    assert len(protocol._messages) <= 33
    turn.set()
    assert statuses(await asyncio.wait_for(reader.read(), 20)) == [200] * 1000
    await hang_up(writer)
    server.close()
    await manager.shutdown()


async def test_more_requests_than_are_parsed_ahead_are_all_answered(receiver: Receiver) -> None:
    receiver.topic.open.clear()
    asking = asyncio.create_task(until_closed(receiver, [PLACE + LOOK * 200 + PLACE], end=True))
    await eventually(lambda: receiver.table.orders)
    receiver.topic.open.set()
    assert statuses(await asking) == [202] + [200] * 200 + [202]


@pytest.mark.parametrize("sent", [PLACE, PLACE_CHUNKED, LOOK + PLACE], ids=range(3))
async def test_a_client_that_ends_its_input_gets_its_whole_answer(
    receiver: Receiver, sent: bytes
) -> None:
    receiver.topic.open.clear()
    asking = asyncio.create_task(until_closed(receiver, [sent], end=True))
    await eventually(lambda: receiver.table.orders)
    await asyncio.sleep(0.02)
    assert not asking.done()
    receiver.topic.open.set()
    answer = await asking
    assert statuses(answer)[-1] == 202
    assert b"Connection: close" in answer
    assert answer.endswith(b"}")


async def test_a_client_that_ends_its_input_waits_for_its_payment(sync_receiver: Receiver) -> None:
    sync_receiver.payments.open.clear()
    asking = asyncio.create_task(until_closed(sync_receiver, [PLACE], end=True))
    await eventually(lambda: sync_receiver.payments.under_way)
    sync_receiver.payments.open.set()
    answer = await asking
    assert statuses(answer) == [200]
    assert b"COMPLETED" in answer


async def test_an_input_that_ends_between_requests_closes_the_connection(
    receiver: Receiver,
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", receiver.port)
    writer.write(LOOK)
    await reader.readuntil(b"\r\n\r\nOK")
    writer.write_eof()
    assert await asyncio.wait_for(reader.read(), 10) == b""
    await hang_up(writer)


async def test_an_input_that_ends_in_a_body_that_nobody_reads_closes_the_connection(
    receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    refused = POST.replace(b"json", b"xml") + b"Content-Length: 1000\r\n\r\nsome"
    assert statuses(await exchange(receiver, refused, end=True)) == [415]  # before it is answered
    reader, writer = await asyncio.open_connection("127.0.0.1", receiver.port)
    writer.write(refused)
    await reader.readuntil(b"}")
    writer.write_eof()  # while the rest of the body is being waited for
    assert await asyncio.wait_for(reader.read(), 5) == b""
    await hang_up(writer)
    assert not caplog.records


async def test_a_request_that_breaks_off_in_its_body_is_told_so(receiver: Receiver) -> None:
    for sent in (PLACE[:-1], PLACE_CHUNKED[:-1], PLACE_CHUNKED[:-30]):
        assert statuses(await until_closed(receiver, [LOOK + sent], end=True)) == [200, 400]
    assert receiver.table.orders == {}


async def test_an_upgrade_is_refused_and_what_comes_behind_it_is_answered(
    receiver: Receiver,
) -> None:
    upgrade = LOOK[:-2] + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    for behind, expected in (
        (b"", [200]),
        (PLACE, [200, 202]),
        (PLACE * 3, [200, 202, 202, 202]),
        (LOOK * 3, [200, 200, 200, 200]),
        (PLACE + BROKEN, [200, 202, 400]),
        (PLACE[:-1], [200, 400]),
    ):
        assert statuses(await until_closed(receiver, [upgrade + behind], end=True)) == expected
