"""Documents and problems as aiohttp answers them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from aiohttp import web

from api.problems import CONTENT_TYPE, Problem


def json_response(
    document: Any, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    """Return `document` as JSON."""
    return web.Response(
        status=status,
        body=msgspec.json.encode(document),
        headers={"Content-Type": "application/json", **(headers or {})},
    )


def problem_response(problem: Problem, instance: str | None) -> web.Response:
    """Return the answer that carries a problem as it happened at the path `instance`."""
    return web.Response(
        status=problem.status.value,
        body=msgspec.json.encode(problem.document(instance)),
        content_type=CONTENT_TYPE,
        headers=problem.headers,
    )
