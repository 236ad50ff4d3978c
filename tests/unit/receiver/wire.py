"""A client that writes raw bytes: what no HTTP library would send."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from contextlib import suppress

from tests.unit.receiver.fakes import Receiver

POST = b"POST /orders HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
ORDER = b'{"customer_id":1,"items":[{"product_id":1,"quantity":1}]}'
PLACE = POST + b"Content-Length: %d\r\n\r\n" % len(ORDER) + ORDER
PLACE_CHUNKED = (
    POST
    + b"Transfer-Encoding: chunked\r\n\r\n"
    + b"14\r\n%b\r\n%x;a=b\r\n%b\r\n0\r\nX-Trailer: t\r\n\r\n"
    % (ORDER[:20], len(ORDER) - 20, ORDER[20:])
)
LOOK = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
BROKEN = b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n"

_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3}) ")


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


async def until_closed(receiver: Receiver, segments: Iterable[bytes], *, end: bool) -> bytes:
    """Send segments one by one, end the input if wanted, and return all until the end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", receiver.port)
    try:
        async with asyncio.timeout(20):
            for segment in segments:
                writer.write(segment)
                for _ in range(4):  # the receiver's turn: each segment is read by itself
                    await asyncio.sleep(0)
            if end:
                writer.write_eof()
            return await reader.read()
    finally:
        await hang_up(writer)


def statuses(answer: bytes) -> list[int]:
    """The statuses of the answers in `answer`, in order."""
    return [int(status) for status in _STATUS.findall(answer)]


async def hang_up(writer: asyncio.StreamWriter) -> None:
    """Close the connection."""
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()
