"""A request's query parameters, read typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

from api.problems import broken_rule
from orders.model import OrderStatus

DEFAULT_PAGE = 50
LARGEST_PAGE = 100
LONGEST_SEARCH = 100


def check_names(sent: Mapping[str, Sequence[str]], known: AbstractSet[str]) -> None:
    """Raise `Problem` (422) when a path does not have a parameter that was sent, or has it twice.

    `sent` are the values of each parameter.
    """
    for name, values in sent.items():
        if name not in known:
            others = f"there are {', '.join(sorted(known))}" if known else "there are none"
            raise broken_rule(name or "query", f"is not a parameter here; {others}")
        if len(values) > 1:
            raise broken_rule(name, "must be sent once")


class Query:
    """The parameters of one request.

    Every method raises `Problem` (422) with field, rule and value.
    """

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def page(self) -> tuple[OrderStatus, int, str | None]:
        """Return which orders are listed: their status, how many, and after which cursor."""
        status = OrderStatus(self.choice("status", tuple(OrderStatus)))
        limit = self.integer("limit", 1, LARGEST_PAGE, default=DEFAULT_PAGE)
        return status, limit, self._values.get("cursor")

    def search(self) -> str:
        """Return the text that is looked for in the catalogue."""
        return self.required_text("q", LONGEST_SEARCH)

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
