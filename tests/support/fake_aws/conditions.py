"""DynamoDB's condition expressions: comparisons, existence, AND, OR, NOT."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.fake_aws.attribute_values import Item, equal, less
from tests.support.fake_aws.expressions import Operand, Placeholders, Tokens
from tests.support.fake_aws.refusals import NotFaked, invalid

Condition = Callable[[Item], bool]

_COMPARATORS = ("=", "<", "<=", ">", ">=")
_EXISTENCE = ("ATTRIBUTE_EXISTS", "ATTRIBUTE_NOT_EXISTS")
_NOT_FAKED = ("BETWEEN", "IN", "<>")
_OTHER_FUNCTIONS = ("SIZE", "CONTAINS", "BEGINS_WITH", "ATTRIBUTE_TYPE")


def parse_condition(expression: str, placeholders: Placeholders) -> Condition:
    """Return the predicate that `expression` describes."""
    tokens = Tokens(expression, placeholders)
    condition = _alternatives(tokens)
    if not tokens.done:
        raise invalid(f"Syntax error after a whole condition: {expression}")
    return condition


def _alternatives(tokens: Tokens) -> Condition:
    parts = [_requirements(tokens)]
    while tokens.next_is("OR"):
        tokens.take()
        parts.append(_requirements(tokens))
    return lambda item: any(part(item) for part in parts)


def _requirements(tokens: Tokens) -> Condition:
    parts = [_single(tokens)]
    while tokens.next_is("AND"):
        tokens.take()
        parts.append(_single(tokens))
    return lambda item: all(part(item) for part in parts)


def _single(tokens: Tokens) -> Condition:
    if tokens.next_is("NOT"):
        tokens.take()
        refused = _single(tokens)
        return lambda item: not refused(item)
    if tokens.next_is("("):
        tokens.take()
        inner = _alternatives(tokens)
        tokens.take(")")
        return inner
    if tokens.next_is(*_EXISTENCE):
        return _existence(tokens)
    if tokens.next_is(*_OTHER_FUNCTIONS):
        raise NotFaked(f"the function {tokens.take()}")
    return _comparison(tokens)


def _existence(tokens: Tokens) -> Condition:
    function = tokens.take()
    tokens.take("(")
    path = tokens.path()
    tokens.take(")")
    wanted = function == "ATTRIBUTE_EXISTS"
    return lambda item: (path in item) is wanted


def _comparison(tokens: Tokens) -> Condition:
    left = tokens.operand()
    if tokens.next_is(*_NOT_FAKED):
        raise NotFaked(f"the comparator {tokens.take()}")
    comparator = tokens.take(*_COMPARATORS)
    return _compare(left, comparator, tokens.operand())


def _compare(left: Operand, comparator: str, right: Operand) -> Condition:
    compare: dict[str, Condition] = {
        "=": lambda item: equal(left.of(item), right.of(item)),
        "<": lambda item: less(left.of(item), right.of(item)),
        ">": lambda item: less(right.of(item), left.of(item)),
    }
    strict = compare[comparator[0]]
    if len(comparator) == 1:
        return strict
    return lambda item: strict(item) or compare["="](item)
