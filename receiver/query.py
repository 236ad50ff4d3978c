"""A request's query parameters: unknown and repeated ones are refused, others are read typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

from aiohttp import hdrs, web

from receiver.problems import broken_rule

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
    for name in request.query:
        if name not in allowed:
            others = f"there are {', '.join(sorted(allowed))}" if allowed else "there are none"
            raise broken_rule(name or "query", f"is not a parameter here; {others}")
        if len(request.query.getall(name)) > 1:
            raise broken_rule(name, "must be sent once")


class Query:
    """The parameters of one request.

    Every method raises `Problem` (422) with field, rule and value.
    """

    def __init__(self, request: web.Request) -> None:
        self._values = request.query

    def text(self, name: str) -> str | None:
        """Return the parameter as sent, or None."""
        return self._values.get(name)

    def required_text(self, name: str, longest: int) -> str:
        """Return a text of 1 to `longest` characters."""
        value = self._values.get(name)
        if value is None or not 1 <= len(value) <= longest:
            raise broken_rule(name, f"must be 1 to {longest} characters", value)
        return value

    def choice(self, name: str, allowed: Sequence[str]) -> str:
        """Return one of `allowed`."""
        value = self._values.get(name)
        if value is None or value not in allowed:
            raise broken_rule(name, f"must be one of {', '.join(allowed)}", value)
        return value

    def integer(self, name: str, low: int, high: int, *, default: int) -> int:
        """Return a whole number from `low` to `high`, or the default when it is not sent."""
        value = self._values.get(name)
        if value is None:
            return default
        # str.isdigit knows more digits than ASCII's, and int() reads "1_0"
        plain = value.isascii() and value.isdigit() and len(value) <= len(str(high))
        if not plain or not low <= int(value) <= high:
            raise broken_rule(name, f"must be a whole number from {low} to {high}", value)
        return int(value)
