"""Which query parameters a request may have: unknown and repeated ones are refused."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from aiohttp import hdrs, web

from api.query import check_names

# The names of the parameters that each method of each path has.
ParameterNames = Mapping[tuple[str, str], AbstractSet[str]]

PARAMETERS: web.AppKey[ParameterNames] = web.AppKey("parameters", dict)


def check_parameters(request: web.Request, known: ParameterNames) -> None:
    """Raise `Problem` (422) when the request's route does not have a parameter, or has it twice."""
    resource = request.match_info.route.resource
    if resource is None:  # no such path, or no such method of it: that is what will be answered
        return
    method = hdrs.METH_GET if request.method == hdrs.METH_HEAD else request.method
    allowed = known.get((method, resource.canonical), frozenset())
    check_names({name: request.query.getall(name) for name in request.query}, allowed)
