"""Which problem each failure of a request is to its client."""

from __future__ import annotations

from functools import singledispatch
from http import HTTPStatus

from aiohttp import web
from aiohttp.http_exceptions import BadHttpMessage

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
from receiver.admission import Overloaded
from receiver.problems import Problem, broken_rule, retry_after, unavailable

OUTAGE_RETRY_SECONDS = 2
DEPENDENCY = "dependency-unavailable"

_log = get_logger()


@singledispatch
def problem_for(error: Exception) -> Problem:
    """Return what the client is told about `error`; the unforeseen is logged, not told."""
    _log.error("request_failed", exc_info=error)
    detail = "the receiver failed on this request and logged why"
    return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal", detail)


@problem_for.register
def _(error: Problem) -> Problem:
    return error


@problem_for.register
def _(error: InvalidOrder) -> Problem:
    if error.malformed:
        detail = f"the body {error.rule}"
        return Problem(HTTPStatus.BAD_REQUEST, "malformed", detail, rule=error.rule)
    return broken_rule(error.field, error.rule, error.value)


@problem_for.register
def _(error: ContentConflict) -> Problem:
    return broken_rule("order_id", "was used for an order with other content", error.order_id)


@problem_for.register
def _(error: OrderNotFound) -> Problem:
    return not_found(str(error))


@problem_for.register
def _(error: OrderBusy) -> Problem:
    headers = retry_after(error.retry_after_seconds)
    return Problem(
        HTTPStatus.CONFLICT, "order-busy", str(error), headers=headers, order_id=error.order_id
    )


@problem_for.register
def _(error: Overloaded) -> Problem:
    return unavailable("overloaded", str(error), error.retry_after_seconds, order_id=error.order_id)


@problem_for.register
def _(error: Unavailable) -> Problem:
    _log.warning("request_unavailable", error=str(error))
    detail = "something that orders depend on does not answer; try again"
    return unavailable(DEPENDENCY, detail, OUTAGE_RETRY_SECONDS)


@problem_for.register(OutcomeUnknown)
@problem_for.register(LeaseLost)
def _(error: OutcomeUnknown | LeaseLost) -> Problem:
    _log.warning("outcome_unknown", order_id=error.order_id, error=str(error))
    detail = (
        f"what became of order {error.order_id} is not known, it may be placed: look at it, or "
        "repeat it with that order_id"
    )
    return unavailable(DEPENDENCY, detail, OUTAGE_RETRY_SECONDS, order_id=error.order_id)


@problem_for.register
def _(error: web.HTTPException) -> Problem:
    """Present aiohttp's own refusals, such as 404 and 405."""
    status = HTTPStatus(error.status)
    headers = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
    kind = status.phrase.lower().replace(" ", "-")
    return Problem(status, kind, status.description or status.phrase, headers=headers)


@problem_for.register(BadHttpMessage)
@problem_for.register(web.RequestPayloadError)
@problem_for.register(ConnectionError)  # the client left in the middle: nobody reads the answer
def _(_error: Exception) -> Problem:
    return Problem(HTTPStatus.BAD_REQUEST, "malformed", "the body cannot be read as sent")


def not_found(detail: str) -> Problem:
    """Return a 404."""
    return Problem(HTTPStatus.NOT_FOUND, "not-found", detail)
