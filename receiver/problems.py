"""The receiver's own problems, beside those that every server of the API has: `api.problems`.

Only what never becomes a request is answered elsewhere: broken bytes in `receiver.protocol`, the
`Expect` header in `receiver.expectations`.
"""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web
from aiohttp.http_exceptions import BadHttpMessage

from api import problems
from api.problems import PROBLEMS, Problem, Table, unavailable
from receiver.admission import Overloaded


def problem_for(error: Exception) -> Problem:
    """Return what the client gets for `error`."""
    return problems.problem_for(error, _PROBLEMS)


def _overloaded(error: Overloaded) -> Problem:
    return unavailable("overloaded", str(error), error.retry_after_seconds, order_id=error.order_id)


def _refusal_of_aiohttp(error: web.HTTPException) -> Problem:
    status = HTTPStatus(error.status)
    headers = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
    kind = status.phrase.lower().replace(" ", "-")
    return Problem(status, kind, status.description or status.phrase, headers=headers)


def _unreadable_body(_error: Exception) -> Problem:
    return Problem(HTTPStatus.BAD_REQUEST, "malformed", "the body cannot be read as sent")


_PROBLEMS: Table = {
    **PROBLEMS,
    Overloaded: _overloaded,
    web.HTTPException: _refusal_of_aiohttp,
    BadHttpMessage: _unreadable_body,
    web.RequestPayloadError: _unreadable_body,
    ConnectionError: _unreadable_body,  # the client left in the middle: nobody reads the answer
}
