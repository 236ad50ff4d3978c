"""Requests as the gateway hands them over, and answers as it takes them back.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from api.problems import CONTENT_TYPE, Problem

REQUEST_ID = "X-Request-Id"
EXPOSED = "Location, Retry-After, X-Request-Id"
ANY_ORIGIN = "*"

Answer = dict[str, Any]
"""`statusCode`, `headers` and `body`."""

_USABLE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_CONTENT_TYPE = re.compile(r"\s*([^;\s]*)\s*(?:;.*?\bcharset\s*=\s*\"?([^\";\s]+))?", re.IGNORECASE)


@dataclass(frozen=True)
class HttpRequest:
    """One request; header names in lower case, every value of each parameter and header."""

    resource: str
    path: str
    headers: Mapping[str, Sequence[str]]
    query: Mapping[str, Sequence[str]]
    path_parameters: Mapping[str, str]
    body: bytes
    request_id: str

    def header(self, name: str) -> str | None:
        """Return the header as it was sent, its last value where there are several."""
        values = self.headers.get(name.lower())
        return values[-1] if values else None

    def content_type(self) -> tuple[str, str | None]:
        """Return media type, in lower case, and charset."""
        found = _CONTENT_TYPE.match(self.header("Content-Type") or "")
        return (found[1].lower(), found[2]) if found else ("", None)


def read_request(event: Mapping[str, Any]) -> HttpRequest:
    """Return the request in an event of the gateway's proxy integration."""
    headers: dict[str, list[str]] = {}
    for name, values in (event.get("multiValueHeaders") or {}).items():
        headers.setdefault(name.lower(), []).extend(values)
    context = event.get("requestContext") or {}
    body = event.get("body") or ""
    encoded = event.get("isBase64Encoded")
    return HttpRequest(
        resource=event["resource"],
        path=context.get("path") or event["path"],
        headers=headers,
        query=event.get("multiValueQueryStringParameters") or {},
        path_parameters=event.get("pathParameters") or {},
        body=base64.b64decode(body) if encoded else body.encode(errors="surrogatepass"),
        request_id=_request_id(headers.get(REQUEST_ID.lower()), context),
    )


def document(body: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """Return an answer that carries `body` as JSON."""
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json", **(headers or {})},
        "body": msgspec.json.encode(body).decode(),
    }


def problem_document(problem: Problem, request: HttpRequest) -> Answer:
    """Return the answer that carries a problem."""
    return document(
        problem.document(request.path),
        status=problem.status.value,
        headers={**problem.headers, "Content-Type": CONTENT_TYPE},
    )


def signed_off(answer: Answer, request: HttpRequest, origins: frozenset[str]) -> Answer:
    """Return the answer with what each has: the request's id, and whose scripts may read it."""
    headers = {**answer["headers"], REQUEST_ID: request.request_id}
    if origins:
        headers["Vary"] = "Origin"
        origin = request.header("Origin")
        if origin is not None and (ANY_ORIGIN in origins or origin in origins):
            headers["Access-Control-Allow-Origin"] = origin
            headers["Access-Control-Expose-Headers"] = EXPOSED
    return {**answer, "headers": headers}


def _request_id(sent: Sequence[str] | None, context: Mapping[str, Any]) -> str:
    """Return the caller's id when it is fit to be logged, or the gateway's."""
    if sent and _USABLE_ID.fullmatch(sent[-1]):
        return sent[-1]
    return str(context.get("requestId") or "none")
