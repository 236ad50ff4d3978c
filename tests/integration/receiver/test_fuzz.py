"""Twenty thousand malformed requests: no failure inside, no crash, no growth."""

from __future__ import annotations

import asyncio
import random
import re
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

import psutil
import pytest

from tests.integration.receiver.process import ReceiverProcess

pytestmark = pytest.mark.integration

REQUESTS = 20_000
WARM_UP = 2_000
AT_ONCE = 64
GROWTH_BYTES = 24 * 1024 * 1024
STATUS = re.compile(rb"^HTTP/1\.[01] (\d{3}) ", re.MULTILINE)

BODIES = (
    b'{"customer_id":1,"items":[{"product_id":"SKU-001","quantity":1}]}',
    b'{"customer_id":1,"items":[{"product_id":"SKU-001","quantity":1,"price":19.99}]}',
    b'{"customer_id":NaN,"items":[{"product_id":1,"quantity":-Infinity}]}',
    b'{"customer_id":1e308,"items":[{"product_id":1,"quantity":1e-400}]}',
    b'{"customer_id":' + b"9" * 5000 + b',"items":[]}',
    b'{"customer_id":1,"customer_id":2,"items":[],"items":[]}',
    b'{"order_id":"\\u0000\\ud83d","customer_id":"\xf0\x9f\x92","items":null}',
    b"[" * 3000 + b"]" * 3000,
    b'{"a":' * 500 + b"1" + b"}" * 500,
    b'"' + b"\\" * 4001 + b'"',
    b"",
)
PATHS = (
    b"/orders",
    b"/orders/async",
    b"/orders/sync",
    b"/orders/%00",
    b"/orders/%ff%fe",
    b"/orders?status=PENDING&cursor=%00&limit=999999999999999999999",
    b"/orders?status=PENDING&cursor=WyIiLCIiXQ",
    b"/orders?%=%&&&status",
    b"/products/../orders",
    b"/products/search?q=%F0%9F%92",
    b"//orders",
    b"*",
    b"http://other.example/orders",
    b"/orders#x",
)
METHODS = (b"POST", b"POST", b"POST", b"POST", b"GET", b"HEAD", b"OPTIONS", b"PUT", b"BREW")
HEADERS = (
    b"Content-Type: application/json",
    b"Content-Type: \xff\xfe",
    b"Content-Type: application/json; charset=\x01",
    b"Idempotency-Key: \xe4",
    b"Idempotency-Key: a\r\nIdempotency-Key: b",
    b"X-Request-Id: \xff",
    b"Transfer-Encoding: chunked",
    b"Content-Encoding: gzip",
    b"Expect: 100-continue",
    b"Upgrade: websocket\r\nConnection: Upgrade",
    b"Origin: null",
    b"Accept: " + b"a" * 4000,
)


def malformed(dice: random.Random) -> bytes:
    """A request with something wrong in it, most of the time."""
    body = dice.choice(BODIES)
    lines = [b"%b %b HTTP/1.1" % (dice.choice(METHODS), dice.choice(PATHS)), b"Host: x"]
    lines += dice.sample(HEADERS, dice.randrange(4))
    if dice.random() < 0.7:
        lines.append(HEADERS[0])
    length = len(body) if dice.random() < 0.8 else dice.choice([-1, 0, 1, len(body) - 1, 10**9])
    lines.append(b"Content-Length: %d" % length)
    request = bytearray(b"\r\n".join(lines) + b"\r\n\r\n" + body)
    if dice.random() < 0.4:
        for _ in range(dice.randrange(1, 8)):
            request[dice.randrange(len(request))] = dice.randrange(256)
    if dice.random() < 0.2:
        del request[dice.randrange(len(request)) :]
    return bytes(request)


async def statuses_of(port: int, request: bytes) -> list[int]:
    """Send one request and return the statuses answered before it goes quiet."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    received = b""
    with suppress(ConnectionError, TimeoutError):
        writer.write(request)
        async with asyncio.timeout(0.1):
            while not received.startswith(b"HTTP/1.1 ") and not reader.at_eof():
                received += await reader.read(65536)
    writer.transport.abort()
    await writer.wait_closed()
    return [int(status) for status in STATUS.findall(received)]


async def send_all(port: int, requests: int, dice: random.Random) -> Counter[int]:
    """Send malformed requests, some at once, and count the answers by status."""
    seen: Counter[int] = Counter()
    left = iter(range(requests))

    async def client() -> None:
        for _ in left:
            seen.update(await statuses_of(port, malformed(dice)))

    await asyncio.gather(*(client() for _ in range(AT_ONCE)))
    return seen


async def test_malformed_requests_do_no_harm(process: Callable[..., ReceiverProcess]) -> None:
    receiver = process(PAYMENT_SECONDS="0", PAYMENT_CONCURRENCY="100")
    dice = random.Random(4)  # noqa: S311 - the same requests in every run
    await send_all(receiver.port, WARM_UP, dice)
    memory = psutil.Process(receiver.popen.pid).memory_info
    before = memory().rss
    seen = await send_all(receiver.port, REQUESTS - WARM_UP, dice)
    assert not {status for status in seen if status >= 500} - {503}
    assert {200, 202, 400, 404, 405, 415, 422} <= set(seen)
    assert memory().rss - before < GROWTH_BYTES
    assert receiver.popen.poll() is None
    assert (await asyncio.to_thread(receiver.order)).status == 202
    levels = {event.get("level") for event in receiver.events()}
    assert "error" not in levels
