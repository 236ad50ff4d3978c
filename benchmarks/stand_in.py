"""A stand-in for AWS that answers every call at once, to see the receiver alone.

`python -m benchmarks.stand_in PORT`: knows the calls that accepting and fulfilling an
order make, nothing else.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Callable
from typing import cast
from urllib.parse import unquote_plus

import msgspec
import uvloop

HOST = "127.0.0.1"

_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
_TARGET = re.compile(rb"(?i)\r\nx-amz-target: *DynamoDB_20120810\.(\w+)")
_ACTION = re.compile(rb"(?:^|&)Action=(\w+)")
_ENTRY_ID = re.compile(rb"PublishBatchRequestEntries\.member\.\d+\.Id=([^&]*)")
_XML = '<{0}Response xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><{0}Result>{1}</{0}Result>'
_XML += "<ResponseMetadata><RequestId>0</RequestId></ResponseMetadata></{0}Response>"
_PRODUCT = {
    "productId": {"S": "SKU-001"},
    "name": {"S": "Lamp"},
    "priceCents": {"N": "1999"},
    "stock": {"N": "1000000"},
}
_CLAIMED = {
    "orderId": {"S": "1"},
    "customerId": {"S": "c"},
    "lines": {"S": '[{"product_id":"1","quantity":1,"unit_price_cents":1999}]'},
    "totalCents": {"N": "1999"},
    "status": {"S": "PROCESSING"},
    "createdAt": {"S": "2026-01-01T00:00:00.000000Z"},
    "contentHash": {"S": "hash"},
}
_SCAN = {"Items": [_PRODUCT], "Count": 1, "ScannedCount": 1}


class _Statements(msgspec.Struct):
    Statements: list[msgspec.Raw]


_statements = msgspec.json.Decoder(_Statements)


def _batch_execute_statement(body: bytes) -> bytes:
    count = len(_statements.decode(body).Statements)
    return msgspec.json.encode({"Responses": [{"TableName": "orders"}] * count})


_DYNAMODB: dict[bytes, Callable[[bytes], bytes]] = {
    b"BatchExecuteStatement": _batch_execute_statement,
    b"PutItem": lambda _body: b"{}",
    b"GetItem": lambda _body: b"{}",
    b"TransactWriteItems": lambda _body: b"{}",
    b"UpdateItem": lambda _body: msgspec.json.encode({"Attributes": _CLAIMED}),
    b"Scan": lambda _body: msgspec.json.encode(_SCAN),
}


def _sns(body: bytes) -> bytes:
    action = _ACTION.search(body)
    if action is not None and action[1] == b"PublishBatch":
        taken = "".join(
            f"<member><Id>{unquote_plus(entry.decode())}</Id><MessageId>0</MessageId></member>"
            for entry in _ENTRY_ID.findall(body)
        )
        result = f"<Successful>{taken}</Successful><Failed/>"
        return _XML.format("PublishBatch", result).encode()
    return _XML.format("Publish", "<MessageId>0</MessageId>").encode()


class StandIn(asyncio.Protocol):
    """One connection of an AWS client."""

    def __init__(self) -> None:
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where answers go."""
        self._transport = cast("asyncio.WriteTransport", transport)

    def data_received(self, data: bytes) -> None:
        """Answer each request as soon as all of it is here."""
        self._received += data
        while (head_end := self._received.find(b"\r\n\r\n")) >= 0:
            head = self._received[:head_end]
            length = _LENGTH.search(head)
            end = head_end + 4 + (int(length[1]) if length else 0)
            if len(self._received) < end:
                return
            body, self._received = self._received[head_end + 4 : end], self._received[end:]
            self._transport.write(_answer(head, body))


def _answer(head: bytes, body: bytes) -> bytes:
    target = _TARGET.search(head)
    if target is None:
        answer, kind = _sns(body), b"text/xml"
    else:
        answer, kind = _DYNAMODB[target[1]](body), b"application/x-amz-json-1.0"
    return b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n%b" % (
        kind,
        len(answer),
        answer,
    )


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(StandIn, HOST, port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
