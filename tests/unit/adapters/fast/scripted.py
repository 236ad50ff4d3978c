"""A transport that answers as told and keeps what it was sent."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from adapters.aws.fast.client import FastClient
from adapters.aws.fast.endpoints import Endpoint
from adapters.aws.fast.errors import NoAnswer
from adapters.aws.fast.responses import Response
from tests.support.fake_aws.cloud import VARIABLES


def ok(document: Any = None, **headers: str) -> Response:
    return answer(200, json.dumps({} if document is None else document).encode(), **headers)


def refusal(code: str, status: int = 400, *, more: Any = None, **headers: str) -> Response:
    told = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "why", **(more or {})}
    return answer(status, json.dumps(told).encode(), **headers)


def answer(status: int, body: bytes, **headers: str) -> Response:
    named = {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
    return Response(status, named, body, keep_alive=True)


@dataclass
class Sent:
    """One request, taken apart."""

    raw: bytes
    first_byte_seconds: float

    @property
    def headers(self) -> dict[str, str]:
        head = self.raw.partition(b"\r\n\r\n")[0].decode()
        lines = [line.partition(": ") for line in head.split("\r\n")[1:]]
        return {name: value for name, _, value in lines}

    @property
    def body(self) -> bytes:
        return self.raw.partition(b"\r\n\r\n")[2]

    @property
    def document(self) -> Any:
        return json.loads(self.body)


@dataclass
class Scripted:
    """Fulfils `Transport`: one answer or failure after another."""

    answers: Sequence[Response | NoAnswer] = ()
    sent: list[Sent] = field(default_factory=list)
    closed: bool = False

    async def send(self, request: bytes, first_byte_seconds: float, seconds: float) -> Response:
        assert seconds >= first_byte_seconds
        self.sent.append(Sent(request, first_byte_seconds))
        following, *self.answers = self.answers
        if isinstance(following, NoAnswer):
            raise following
        return following

    async def aclose(self) -> None:
        self.closed = True

    def connect(self, _name: str, _where: Endpoint) -> Scripted:
        return self


def client(transport: Scripted, **options: Any) -> FastClient:
    return FastClient("us-west-2", variables=VARIABLES, connect=transport.connect, **options)
