"""Errors as RFC 9457 problem documents: what clients are told, whoever serves them.

Who raises: reading a request raises `Problem`; the domain, its ports and the use cases raise
`orders.errors`. Who answers: the receiver, or a function behind the gateway, with
`problem_for(error)`, whose one table is `PROBLEMS`; each adds what its own server raises.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

import msgspec

from api.views import location
from kit.logging import get_logger
from orders.errors import (
    ContentConflict,
    InvalidOrder,
    LeaseLost,
    OrderBusy,
    OrderNotFound,
    OutcomeUnknown,
    Unavailable,
)

CONTENT_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:flash-sale:problem:"
LONGEST_TEXT = 300
OUTAGE_RETRY_SECONDS = 2
DEPENDENCY = "dependency-unavailable"

_log = get_logger()


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


Table = Mapping[type, Callable[[Any], Problem]]
"""What the client gets for an error, by its class."""


def broken_rule(
    field: str,
    rule: str,
    value: Any = None,
    *,
    status: HTTPStatus = HTTPStatus.UNPROCESSABLE_ENTITY,
) -> Problem:
    """Return the problem that `field` breaks `rule`."""
    detail = f"{field or 'body'} {rule}"
    return Problem(status, "invalid-request", detail, field=field or None, rule=rule, value=value)


def not_found(detail: str) -> Problem:
    """Return a 404."""
    return Problem(HTTPStatus.NOT_FOUND, "not-found", detail)


def unavailable(
    kind: str, detail: str, retry_after_seconds: float, *, order_id: str | None = None
) -> Problem:
    """Return a 503 that says when to retry, and which order may be placed already."""
    headers = _retry_after(retry_after_seconds)
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, kind, detail, headers=headers, order_id=order_id)


def problem_for(error: Exception, table: Table | None = None) -> Problem:
    """Return what the client gets for `error`, by the nearest of its classes in the table."""
    problems = PROBLEMS if table is None else table
    return next(problems[kind] for kind in type(error).__mro__ if kind in problems)(error)


def _invalid_order(error: InvalidOrder) -> Problem:
    if error.malformed:
        detail = f"the body {error.rule}"
        return Problem(HTTPStatus.BAD_REQUEST, "malformed", detail, rule=error.rule)
    return broken_rule(error.field, error.rule, error.value)


def _content_conflict(error: ContentConflict) -> Problem:
    return broken_rule("order_id", "was used for an order with other content", error.order_id)


def _order_busy(error: OrderBusy) -> Problem:
    headers = _retry_after(error.retry_after_seconds)
    order_id = error.order_id
    return Problem(
        HTTPStatus.CONFLICT, "order-busy", str(error), headers=headers, order_id=order_id
    )


def _outage(error: Unavailable) -> Problem:
    _log.warning("request_unavailable", error=str(error))
    detail = "something that orders depend on does not answer; try again"
    return unavailable(DEPENDENCY, detail, OUTAGE_RETRY_SECONDS)


def _outcome_unknown(error: OutcomeUnknown | LeaseLost) -> Problem:
    _log.warning("outcome_unknown", order_id=error.order_id, error=str(error))
    detail = (
        f"what became of order {error.order_id} is not known, it may be placed: look at it, or "
        "repeat it with that order_id"
    )
    return unavailable(DEPENDENCY, detail, OUTAGE_RETRY_SECONDS, order_id=error.order_id)


def _unforeseen(error: Exception) -> Problem:
    """Log the error; the client learns nothing of it."""
    _log.error("request_failed", exc_info=error)
    detail = "this request failed, and why was logged"
    return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal", detail)


PROBLEMS: Table = {
    Problem: lambda problem: problem,
    InvalidOrder: _invalid_order,
    ContentConflict: _content_conflict,
    OrderNotFound: lambda error: not_found(str(error)),
    OrderBusy: _order_busy,
    Unavailable: _outage,
    OutcomeUnknown: _outcome_unknown,
    LeaseLost: _outcome_unknown,
    Exception: _unforeseen,
}


def _retry_after(seconds: float) -> dict[str, str]:
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
