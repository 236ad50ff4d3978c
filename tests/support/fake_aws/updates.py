"""DynamoDB's update expressions: SET with + and -, and REMOVE."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.fake_aws.attribute_values import AttributeValue, Item, add
from tests.support.fake_aws.expressions import Operand, Placeholders, Tokens
from tests.support.fake_aws.refusals import NotFaked, invalid

Expression = Callable[[Item], AttributeValue]


class Update:
    """What a parsed update expression does to an item."""

    def __init__(self, expression: str, placeholders: Placeholders) -> None:
        self._assignments: dict[str, Expression] = {}
        self._removed: list[str] = []
        tokens = Tokens(expression, placeholders)
        while not tokens.done:
            if tokens.next_is("ADD", "DELETE"):
                raise NotFaked(f"the clause {tokens.take()}")
            clause = self._assign if tokens.take("SET", "REMOVE") == "SET" else self._remove
            clause(tokens)
            while tokens.next_is(","):
                tokens.take()
                clause(tokens)
        self._refuse_overlap()

    @property
    def paths(self) -> set[str]:
        """The attributes that are written."""
        return {*self._assignments, *self._removed}

    def apply(self, item: Item) -> Item:
        """Return the item afterwards; right-hand sides see the item as it was before."""
        assigned = {path: value(item) for path, value in self._assignments.items()}
        kept = {path: value for path, value in item.items() if path not in self._removed}
        return {**kept, **assigned}

    def _assign(self, tokens: Tokens) -> None:
        path = tokens.path()
        tokens.take("=")
        if path in self._assignments:
            raise invalid(f"Two document paths overlap: {path}")
        self._assignments[path] = _value(tokens)

    def _remove(self, tokens: Tokens) -> None:
        self._removed.append(tokens.path())

    def _refuse_overlap(self) -> None:
        if len(self.paths) != len(self._assignments) + len(self._removed):
            raise invalid("Two document paths overlap with each other")
        if not self.paths:
            raise invalid("The expression can not be empty")


def _value(tokens: Tokens) -> Expression:
    left = tokens.operand()
    if not tokens.next_is("+", "-"):
        return lambda item: _present(left, item)
    sign = 1 if tokens.take("+", "-") == "+" else -1
    right = tokens.operand()
    return lambda item: add(_present(left, item), _present(right, item), sign)


def _present(operand: Operand, item: Item) -> AttributeValue:
    value = operand.of(item)
    if value is None:
        raise invalid("The expression refers to an attribute that does not exist in the item")
    return value
