"""Reading HTTP/1.1 answers from bytes as they come, with bounds on everything.

RFC 9112. No answer of AWS's JSON and query protocols needs more: no trailers, no upgrade, no
content coding, because none is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

MAX_HEAD_BYTES = 64 * 1024
# The largest answers are those of DynamoDB's batches, 16 MB of items, which JSON makes larger:
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
MAX_BODY_BYTES = 64 * 1024 * 1024
MAX_CHUNK_LINE_BYTES = 1024

_BEGIN = b"HTTP/1."
_HEAD_END = b"\r\n\r\n"
_LINE_END = b"\r\n"
_HEX_DIGITS = b"0123456789abcdefABCDEF"
_LONGEST_SIZE = 16


class MalformedResponse(Exception):
    """The bytes are no HTTP/1.1 answer, or a larger one than any of AWS."""


class Response(NamedTuple):
    """One answer; header names are in lower case."""

    status: int
    headers: Mapping[bytes, bytes]
    body: bytes
    keep_alive: bool


class ResponseParser:
    """Reads one answer after another from a connection."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._head: tuple[int, dict[bytes, bytes], bool] | None = None
        self._chunks: bytearray | None = None
        self._wanted: int | None = None

    @property
    def idle(self) -> bool:
        """Whether nothing of an answer has come yet."""
        return self._head is None and not self._buffer

    def feed(self, data: bytes) -> Response | None:
        """Take what came; return the answer once it is whole.

        Raises:
            MalformedResponse: this can't become one.
        """
        self._buffer += data
        if self._head is None and not self._read_head():
            return None
        if self._chunks is not None:
            return self._finish(bytes(self._chunks)) if self._read_chunks() else None
        if self._wanted is None:
            _check_size(len(self._buffer))
            return None
        if len(self._buffer) < self._wanted:
            return None
        body = bytes(self._buffer[: self._wanted])
        del self._buffer[: self._wanted]
        return self._finish(body)

    def end(self) -> Response | None:
        """The peer sends no more: return the answer that ends with the connection, if it does."""
        if self._head is None or self._chunks is not None or self._wanted is not None:
            return None
        body = bytes(self._buffer)
        self._buffer.clear()
        return self._finish(body)

    def _finish(self, body: bytes) -> Response:
        assert self._head is not None  # noqa: S101 - called behind a head only
        status, headers, keep_alive = self._head
        # What comes behind an answer that nobody asked for more of belongs to nobody.
        clean = not self._buffer and (self._chunks is not None or self._wanted is not None)
        self._head = self._chunks = self._wanted = None
        return Response(status, headers, body, keep_alive and clean)

    def _read_head(self) -> bool:
        """Read heads until one of a final answer; informational ones are skipped."""
        while True:
            if not self._buffer.startswith(_BEGIN[: len(self._buffer)]):
                raise MalformedResponse("it does not begin as an HTTP/1 answer")
            end = self._buffer.find(_HEAD_END)
            if max(end, len(self._buffer) if end < 0 else 0) > MAX_HEAD_BYTES:
                raise MalformedResponse("its head has no end")
            if end < 0:
                return False
            head = bytes(self._buffer[:end])
            del self._buffer[: end + len(_HEAD_END)]
            version, status = _status(head)
            if status >= 200:  # noqa: PLR2004 - below it are the informational ones
                break
        headers = _headers(head)
        connection = headers.get(b"connection", b"").lower()
        keep_alive = version == b"HTTP/1.1" and connection != b"close"
        self._head = status, headers, keep_alive
        self._frame(status, headers)
        return True

    def _frame(self, status: int, headers: Mapping[bytes, bytes]) -> None:
        """Find out where the body ends: by length, by chunks, or with the connection."""
        length, coding = headers.get(b"content-length"), headers.get(b"transfer-encoding")
        if status in {204, 304}:
            self._wanted = 0
        elif coding is not None:
            if coding.lower() != b"chunked" or length is not None:
                raise MalformedResponse("its length is told in two ways, or in an unknown one")
            self._chunks = bytearray()
        elif length is not None:
            if not length.isdigit():
                raise MalformedResponse("its length is no number")
            self._wanted = _check_size(int(length[:20]))

    def _read_chunks(self) -> bool:
        """Move whole chunks to the body; tell whether that was the last one."""
        assert self._chunks is not None  # noqa: S101 - called for chunked bodies only
        while True:
            line_end = self._buffer.find(_LINE_END)
            if max(line_end, len(self._buffer) if line_end < 0 else 0) > MAX_CHUNK_LINE_BYTES:
                raise MalformedResponse("the size of a chunk has no end")
            if line_end < 0:
                return False
            size = _chunk_size(bytes(self._buffer[:line_end]))
            start = line_end + len(_LINE_END)
            end = start + size
            _check_size(len(self._chunks) + size)
            if len(self._buffer) < end + len(_LINE_END):
                return False
            if self._buffer[end : end + len(_LINE_END)] != _LINE_END:
                raise MalformedResponse("a chunk is longer than told, or trailers follow")
            self._chunks += self._buffer[start:end]
            del self._buffer[: end + len(_LINE_END)]
            if not size:
                return True


def _status(head: bytes) -> tuple[bytes, int]:
    line = head.partition(_LINE_END)[0]
    version, _, rest = line.partition(b" ")
    code = rest[:3]
    if version not in {b"HTTP/1.1", b"HTTP/1.0"} or not code.isdigit() or rest[3:4].strip():
        raise MalformedResponse("it does not begin as an HTTP/1.1 answer")
    status = int(code)
    if not 100 <= status <= 599 or status == 101:  # noqa: PLR2004 - HTTP's own range; no upgrade
        raise MalformedResponse(f"its status is {status}")
    return version, status


def _headers(head: bytes) -> dict[bytes, bytes]:
    headers: dict[bytes, bytes] = {}
    for line in head.split(_LINE_END)[1:]:
        name, colon, value = line.partition(b":")
        if not colon or name != name.strip() or not name:
            raise MalformedResponse("one of its headers has no name")
        name, value = name.lower(), value.strip()
        if name in {b"content-length", b"transfer-encoding"} and headers.get(name, value) != value:
            raise MalformedResponse("its length is told twice, differently")
        headers[name] = value
    return headers


def _chunk_size(line: bytes) -> int:
    digits = line.partition(b";")[0].strip()
    if not digits or len(digits) > _LONGEST_SIZE or digits.strip(_HEX_DIGITS):
        raise MalformedResponse("the size of a chunk is no number")
    return int(digits, 16)


def _check_size(length: int) -> int:
    if length > MAX_BODY_BYTES:
        raise MalformedResponse(f"it is longer than {MAX_BODY_BYTES} bytes")
    return length
