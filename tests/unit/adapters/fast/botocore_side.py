"""botocore without a network: what it would send, and what it makes of an answer."""

from __future__ import annotations

from functools import cache
from typing import Any

import botocore.session
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config

from adapters.aws.fast.responses import Response


class _Raw:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, *_: object, **__: object) -> list[bytes]:
        return [self._body]


class Botocore:
    """A client of one service that gets `response` to whatever it sends."""

    def __init__(self, service: str) -> None:
        self.client: Any = _session().create_client(
            service,
            region_name="us-west-2",
            config=Config(retries={"total_max_attempts": 1}, parameter_validation=False),
            aws_access_key_id="AKIAEXAMPLE",
            aws_secret_access_key="secret",
        )
        self.client.meta.events.register("before-send", self._answer)
        self.response = Response(200, {}, b"{}", keep_alive=True)
        self.sent: AWSPreparedRequest

    def call(self, method: str, **request: Any) -> Any:
        return getattr(self.client, method)(**request)

    def _answer(self, request: AWSPreparedRequest, **_: object) -> Any:
        self.sent = request
        headers: Any = {
            name.decode(): value.decode() for name, value in self.response.headers.items()
        }
        return AWSResponse(request.url, self.response.status, headers, _Raw(self.response.body))

    @property
    def body(self) -> str:
        """What was sent, as text."""
        body: Any = self.sent.body
        return body if isinstance(body, str) else body.decode()

    @property
    def headers(self) -> dict[str, str]:
        """What was sent, as text, names in lower case."""
        sent: Any = self.sent.headers
        return {
            name.lower(): value.decode() if isinstance(value, bytes) else str(value)
            for name, value in sent.items()
        }


@cache
def _session() -> botocore.session.Session:
    return botocore.session.Session()


@cache
def botocore_of(service: str) -> Botocore:
    """Return the one client of a service: making it takes longer than all its calls."""
    return Botocore(service)
