"""Errors as RFC 9457 problem documents."""

from __future__ import annotations

import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from aiohttp import web

from receiver.views import location

CONTENT_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:flash-sale:problem:"
LONGEST_TEXT = 300


class ProblemDocument(msgspec.Struct, omit_defaults=True, kw_only=True):
    """What went wrong; `field`, `rule` and `value` say which part of the request is to blame.

    `order_id` names an order that may be placed all the same.
    """

    type: str
    title: str
    status: int
    detail: str
    instance: str | None = None
    field: str | None = None
    rule: str | None = None
    value: str | int | float | bool | None = None
    order_id: str | None = None


class Problem(Exception):
    """A problem on its way to the client."""

    def __init__(
        self,
        status: HTTPStatus,
        kind: str,
        detail: str,
        *,
        field: str | None = None,
        rule: str | None = None,
        value: Any = None,
        headers: Mapping[str, str] | None = None,
        order_id: str | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.headers = {**(headers or {}), **(location(order_id) if order_id else {})}
        self._kind = kind
        self._field = None if field is None else shortened(field)
        self._rule = None if rule is None else shortened(rule)
        self._value = presentable(value)
        self._order_id = order_id

    def document(self, instance: str | None) -> ProblemDocument:
        """Return the problem as it happened at the path `instance`."""
        return ProblemDocument(
            type=TYPE_PREFIX + self._kind,
            title=self.status.phrase,
            status=self.status.value,
            detail=shortened(str(self)),
            instance=instance,
            field=self._field,
            rule=self._rule,
            value=self._value,
            order_id=self._order_id,
        )

    def response(self, instance: str | None) -> web.Response:
        """Return the answer that carries the problem."""
        return web.Response(
            status=self.status.value,
            body=msgspec.json.encode(self.document(instance)),
            content_type=CONTENT_TYPE,
            headers=self.headers,
        )


def broken_rule(
    field: str,
    rule: str,
    value: Any = None,
    *,
    status: HTTPStatus = HTTPStatus.UNPROCESSABLE_ENTITY,
) -> Problem:
    """Return the problem that `field` breaks `rule`."""
    return Problem(
        status,
        "invalid-request",
        f"{field or 'body'} {rule}",
        field=field or None,
        rule=rule,
        value=value,
    )


def unavailable(
    kind: str, detail: str, retry_after_seconds: float, *, order_id: str | None = None
) -> Problem:
    """Return a 503 that says when to come again, and which order may be placed already."""
    headers = retry_after(retry_after_seconds)
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, kind, detail, headers=headers, order_id=order_id)


def retry_after(seconds: float) -> dict[str, str]:
    """Return the `Retry-After` header: whole seconds, at least one."""
    return {"Retry-After": str(max(1, math.ceil(seconds)))}


def shortened(text: str) -> str:
    """Return a text of the client's that is fit for an answer and a log."""
    # Header values may hold surrogates, which stand for bytes that were no UTF-8.
    text = text.encode(errors="replace").decode()
    return text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + "…"


def presentable(value: Any) -> str | int | float | bool | None:
    """Return `value` as it may stand in a problem document: short, and JSON everywhere."""
    match value:
        case bool() | None:
            return value
        case str():
            return shortened(value)
        case int() if abs(value) > 2**53:
            return presentable(str(value))
        case int():
            return value
        case float() if math.isfinite(value):
            return value
        case _:
            return presentable(str(value))
