"""AWS's JSON 1.0 and 1.1 protocols: an operation is a header, a refusal is a document.

https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, TypeVar

import msgspec

from adapters.aws.fast.errors import NoAnswer, Refused
from adapters.aws.fast.responses import Response
from adapters.aws.fast.service import FIRST_BYTE_SECONDS, Service, request_id_of

T = TypeVar("T")


class JsonService:
    """Calls operations with documents; answers are decoded to the types that are wanted."""

    def __init__(
        self, service: Service, *, target: str, version: str, query_errors: bool = False
    ) -> None:
        self._service = service
        self._content_type = ("content-type", f"application/x-amz-json-{version}")
        self._target = target
        # Services that spoke the query protocol before keep its error codes for who asks.
        self._mode = (("x-amzn-query-mode", "true"),) if query_errors else ()

    async def call(self, operation: str, document: Any, decoder: msgspec.json.Decoder[T]) -> T:
        """Return the decoded answer.

        Raises:
            Refused, NoAnswer, NoCredentials: as `Service.call`; also for an answer that is none.
        """
        return decoded(operation, await self.send(operation, document), decoder)

    def send(
        self,
        operation: str,
        document: Any,
        *,
        first_byte_seconds: float = FIRST_BYTE_SECONDS,
        attempts: int | None = None,
    ) -> Awaitable[Response]:
        """Return the answer as it comes; times, attempts and errors are those of `Service.call`."""
        headers = (
            self._content_type,
            ("x-amz-target", f"{self._target}.{operation}"),
            *self._mode,
        )
        return self._service.call(
            operation,
            headers,
            msgspec.json.encode(document),
            first_byte_seconds=first_byte_seconds,
            attempts=attempts,
        )


def decoded(operation: str, response: Response, decoder: msgspec.json.Decoder[T]) -> T:
    """Return what an answer holds.

    Raises:
        NoAnswer: it cannot be read.
    """
    try:
        return decoder.decode(response.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        what = f"the answer to {operation} cannot be read: {error}"
        raise NoAnswer(what, sent=True) from None


class _Problem(msgspec.Struct):
    type_: Any = msgspec.field(name="__type", default="")
    code: Any = ""
    message: Any = ""
    Message: Any = ""


_problem = msgspec.json.Decoder(_Problem)


def json_refusal(response: Response) -> Refused:
    """Return what an answer that is no success says, whatever it looks like."""
    try:
        told = _problem.decode(response.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        told = _Problem()
    header = response.headers.get(b"x-amzn-errortype", b"").decode("latin-1")
    code = _bare(header) or _bare(told.type_) or _bare(told.code)
    older = response.headers.get(b"x-amzn-query-error", b"").decode("latin-1")
    return Refused(
        older.partition(";")[0] or code or f"HTTP{response.status}",
        _text(told.message) or _text(told.Message),
        status=response.status,
        request_id=request_id_of(response),
        body=response.body,
    )


def _bare(code: object) -> str:
    """`com.amazonaws.dynamodb.v20120810#ThrottlingException:http://...` -> the name in it."""
    return _text(code).partition(":")[0].rpartition("#")[2].strip()


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
