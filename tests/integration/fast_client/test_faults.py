"""Everything that a network does to a call: each ends in an answer or in one of our errors."""

from __future__ import annotations

import asyncio
import gc
import os
import socket
import time
import zlib
from collections.abc import AsyncIterator

import psutil
import pytest

from adapters.aws.fast.client import FastClient
from adapters.aws.fast.connections import Connections
from adapters.aws.fast.dynamodb import open_dynamodb
from adapters.aws.fast.endpoints import Endpoint
from adapters.aws.fast.errors import NoAnswer, Refused
from tests.integration.fast_client.wires import (
    BODY,
    KEY,
    VARIABLES,
    Act,
    Peer,
    answers,
    http,
    serve_for_ever,
    serving,
)

CALLS = int(os.environ.get("FAST_CLIENT_CALLS", "5000"))
REQUEST = b"POST / HTTP/1.1\r\ncontent-length: 0\r\n\r\n"
GENEROUS = (20.0, 30.0)
GOOD = http(head=f"x-amz-crc32: {zlib.crc32(BODY)}\r\n")


async def get(client: FastClient) -> object:
    async with client:
        return await open_dynamodb(client).get_item("orders", KEY)


def cut_after(count: int, *, reset: bool) -> Act:
    async def act(peer: Peer) -> None:
        await peer.request()
        await peer.say(GOOD[:count])
        if reset:
            await asyncio.sleep(0)
            peer.reset()

    return act


@pytest.mark.parametrize("reset", [True, False])
async def test_an_answer_cut_at_any_byte_is_asked_for_again(reset: bool) -> None:  # noqa: FBT001
    for count in range(0, len(GOOD), 3):
        async with serving(cut_after(count, reset=reset), serve_for_ever) as server:
            assert await get(server.client()) == KEY
            assert server.connections == 2


async def test_an_answer_that_drips_is_read() -> None:
    async def drip(peer: Peer) -> None:
        await peer.request()
        for byte in GOOD:
            await peer.say(bytes([byte]))
            await asyncio.sleep(0)

    async with serving(drip) as server:
        assert await get(server.client()) == KEY


async def test_an_answer_that_drips_for_ever_ends_in_time() -> None:
    async def drip(peer: Peer) -> None:
        await peer.request()
        await peer.say(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while True:
            await peer.say(b"x")
            await asyncio.sleep(0.01)

    async with serving(drip) as server, pool(server.port) as opened:
        with pytest.raises(NoAnswer, match="did not end in time"):
            await opened.send(REQUEST, 0.2, 0.4)


async def test_no_answer_ends_in_time() -> None:
    async def hang(peer: Peer) -> None:
        await peer.request()
        await asyncio.Event().wait()

    async with serving(hang) as server, pool(server.port) as opened:
        with pytest.raises(NoAnswer, match="no answer in time") as lost:
            await opened.send(REQUEST, 0.1, 5)
    assert lost.value.sent


@pytest.mark.parametrize(
    "response",
    [
        http(b"<html>busy</html>", status="503 Service Unavailable"),
        http(head="x-amz-crc32: 12345\r\n"),
        b"HTTP/1.1 200 OK\r\nContent-Length: nonsense\r\n\r\n",
        b"\x16\x03\x01\x00 this is no HTTP",
        http(b"no json"),
    ],
)
async def test_what_is_no_good_answer_is_asked_for_again(response: bytes) -> None:
    async with serving(answers(response, GOOD), serve_for_ever) as server:
        if response == http(b"no json"):
            with pytest.raises(NoAnswer):
                await get(server.client())
        else:
            assert await get(server.client()) == KEY


async def test_chunks_and_interim_answers_are_read() -> None:
    chunked = (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        + b"".join(b"1\r\n%c\r\n" % byte for byte in BODY)
        + b"0\r\n\r\n"
    )
    async with serving(answers(chunked, chunked)) as server, server.client() as client:
        dynamodb = open_dynamodb(client)
        assert await dynamodb.get_item("orders", KEY) == KEY
        assert await dynamodb.get_item("orders", KEY) == KEY
        assert server.connections == 1


async def test_a_redirect_is_a_refusal() -> None:
    moved = http(b"", status="307 Temporary Redirect", head="Location: http://127.0.0.1:1/\r\n")
    async with serving(answers(moved)) as server:
        with pytest.raises(Refused, match="HTTP307"):
            await get(server.client())


async def test_a_peer_that_half_closes_after_its_answer_is_left() -> None:
    async def half_close(peer: Peer) -> None:
        await peer.request()
        await peer.say(GOOD)
        peer.writer.write_eof()
        await peer.reader.read()

    async with serving(half_close) as server, server.client() as client:
        dynamodb = open_dynamodb(client)
        for _ in range(3):
            assert await dynamodb.get_item("orders", KEY) == KEY
            await asyncio.sleep(0.01)
        assert server.connections == 3


async def test_bytes_that_nobody_asked_for_end_the_connection() -> None:
    async def talk(peer: Peer) -> None:
        await peer.request()
        await peer.say(GOOD)
        await asyncio.sleep(0.01)
        await peer.say(http(b'{"Item": {"orderId": {"S": "of somebody else"}}}'))
        await peer.reader.read()

    async with serving(talk, serve_for_ever) as server, server.client() as client:
        dynamodb = open_dynamodb(client)
        assert await dynamodb.get_item("orders", KEY) == KEY
        await asyncio.sleep(0.05)
        assert await dynamodb.get_item("orders", KEY) == KEY
        assert server.connections == 2


async def test_two_answers_in_one_go_are_not_taken_for_the_next_calls() -> None:
    other = http(b'{"Item": {"orderId": {"S": "of somebody else"}}}')
    async with serving(answers(GOOD + other), serve_for_ever) as server, server.client() as client:
        dynamodb = open_dynamodb(client)
        for _ in range(3):
            assert await dynamodb.get_item("orders", KEY) == KEY


async def test_a_connection_that_was_closed_while_idle_is_not_used() -> None:
    async with (
        serving(answers(GOOD), answers(GOOD), serve_for_ever) as server,
        server.client() as client,
    ):
        dynamodb = open_dynamodb(client)
        for number in (1, 2, 3):
            assert await dynamodb.get_item("orders", KEY) == KEY
            assert server.connections == number
            await asyncio.sleep(0.02)


async def test_after_a_freeze_old_connections_are_not_trusted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with serving(serve_for_ever) as server, server.client() as client:
        dynamodb = open_dynamodb(client)
        await dynamodb.get_item("orders", KEY)
        await dynamodb.get_item("orders", KEY)
        assert server.connections == 1
        frozen = time.time() + 60
        monkeypatch.setattr(time, "time", lambda: frozen)
        await dynamodb.get_item("orders", KEY)
        assert server.connections == 2


async def test_nobody_listens() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        variables = {**VARIABLES, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"}
        with pytest.raises(NoAnswer, match="no connection") as lost:
            await get(FastClient("us-west-2", variables=variables))
    assert not lost.value.sent


@pytest.mark.parametrize("host", ["does-not-exist.invalid", "a" * 70 + ".invalid"])
async def test_a_name_that_does_not_resolve(host: str) -> None:
    variables = {**VARIABLES, "AWS_ENDPOINT_URL": f"http://{host}:80"}
    with pytest.raises(NoAnswer, match="no connection") as lost:
        await get(FastClient("us-west-2", variables=variables))
    assert not lost.value.sent


@pytest.fixture
async def busy_pool() -> AsyncIterator[tuple[Connections, asyncio.Event]]:
    release = asyncio.Event()

    async def hold(peer: Peer) -> None:
        while True:
            await peer.request()
            await release.wait()
            await peer.say(GOOD)

    async with serving(hold) as server, pool(server.port, limit=2) as opened:
        yield opened, release


class _Pool:
    def __init__(self, port: int, limit: int) -> None:
        where = Endpoint(secure=False, host="127.0.0.1", port=port, path="/")
        self._connections = Connections(where, limit=limit)

    async def __aenter__(self) -> Connections:
        return self._connections

    async def __aexit__(self, *_: object) -> None:
        await self._connections.aclose()


def pool(port: int, *, limit: int = 4) -> _Pool:
    return _Pool(port, limit)


async def test_calls_beyond_the_limit_wait_their_turn(
    busy_pool: tuple[Connections, asyncio.Event],
) -> None:
    opened, release = busy_pool
    calls = [asyncio.create_task(opened.send(REQUEST, *GENEROUS)) for _ in range(20)]
    await asyncio.sleep(0.05)
    assert len(opened._open) == 2
    release.set()
    assert {response.body for response in await asyncio.gather(*calls)} == {BODY}
    assert len(opened._open) == 2


async def test_a_call_that_gets_no_turn_was_not_sent(
    busy_pool: tuple[Connections, asyncio.Event],
) -> None:
    opened, release = busy_pool
    calls = [asyncio.create_task(opened.send(REQUEST, *GENEROUS)) for _ in range(2)]
    await asyncio.sleep(0.01)
    with pytest.raises(NoAnswer, match="no free connection") as lost:
        await opened.send(REQUEST, 0.05, 0.05)
    assert not lost.value.sent
    release.set()
    await asyncio.gather(*calls)


async def test_a_cancelled_call_takes_its_connection_along(
    busy_pool: tuple[Connections, asyncio.Event],
) -> None:
    opened, release = busy_pool
    call = asyncio.create_task(opened.send(REQUEST, *GENEROUS))
    waiting = [asyncio.create_task(opened.send(REQUEST, *GENEROUS)) for _ in range(5)]
    await asyncio.sleep(0.05)
    call.cancel()
    waiting[-1].cancel()
    results = asyncio.gather(call, *waiting, return_exceptions=True)
    await asyncio.sleep(0.01)
    release.set()
    cancelled, *answered, also_cancelled = await results
    assert isinstance(cancelled, asyncio.CancelledError)
    assert isinstance(also_cancelled, asyncio.CancelledError)
    assert all(not isinstance(each, BaseException) and each.body == BODY for each in answered)


async def test_after_many_calls_nothing_is_left_over() -> None:
    """As many as `FAST_CLIENT_CALLS` says; a leak of a socket or task a call shows at any."""
    mine = psutil.Process()
    async with serving(serve_for_ever) as server:
        tasks_before, sockets_before = len(asyncio.all_tasks()), mine.num_fds()
        async with server.client(connections=8) as client:
            dynamodb = open_dynamodb(client)
            rss = 0
            for number in range(CALLS // 50):
                found = await asyncio.gather(*(dynamodb.get_item("orders", KEY) for _ in range(50)))
                assert found == [KEY] * 50
                if number == CALLS // 100:
                    gc.collect()
                    rss = mine.memory_info().rss
            gc.collect()
            assert mine.memory_info().rss - rss < 4 * 1024 * 1024
            assert server.connections == 8
        await asyncio.sleep(0.05)
        assert len(asyncio.all_tasks()) == tasks_before
        assert mine.num_fds() == sockets_before
