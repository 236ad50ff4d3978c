"""Reading DynamoDB's expressions: tokens, names and values, with everything accounted for."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tests.support.fake_aws.attribute_values import AttributeValue, Item, check_value
from tests.support.fake_aws.refusals import NotFaked, invalid
from tests.support.fake_aws.reserved_words import RESERVED_WORDS

_TOKEN = re.compile(r"\s*(?P<token>[#:]?[A-Za-z_]\w*|<=|>=|<>|[-+=<>(),.\[\]])")


class Operand:
    """An attribute's path or a value of the request."""

    def __init__(self, *, path: str | None = None, value: AttributeValue | None = None) -> None:
        self.path = path
        self._value = value

    def of(self, item: Item) -> AttributeValue | None:
        """Return the operand's value for this item, None for a missing attribute."""
        return item.get(self.path) if self.path is not None else self._value


class Placeholders:
    """The request's names and values; DynamoDB refuses those that no expression uses."""

    def __init__(
        self, names: Mapping[str, str] | None, values: Mapping[str, AttributeValue] | None
    ) -> None:
        self._names = dict(names or {})
        self._values = {key: check_value(value) for key, value in (values or {}).items()}
        self._unused = set(self._names) | set(self._values)

    def name(self, token: str) -> str:
        """Return the attribute that `#token` stands for."""
        self._unused.discard(token)
        if token not in self._names:
            raise invalid(f"An expression attribute name is not defined; name: {token}")
        return self._names[token]

    def value(self, token: str) -> AttributeValue:
        """Return the value that `:token` stands for."""
        self._unused.discard(token)
        if token not in self._values:
            raise invalid(f"An expression attribute value is not defined; value: {token}")
        return self._values[token]

    def check_all_used(self) -> None:
        """Refuse leftovers, as DynamoDB does."""
        if self._unused:
            raise invalid(f"Value provided unused in expressions: keys: {sorted(self._unused)}")


class Tokens:
    """A cursor over one expression."""

    def __init__(self, expression: str, placeholders: Placeholders) -> None:
        self._placeholders = placeholders
        self._tokens: list[str] = []
        end = 0
        while expression[end:].strip():
            found = _TOKEN.match(expression, end)
            if found is None:
                raise invalid(f"Syntax error near {expression[end:]!r}")
            self._tokens.append(found["token"])
            end = found.end()
        self._at = 0

    def next_is(self, *words: str) -> bool:
        """Tell whether the next token is one of `words`, whatever the case."""
        return self._at < len(self._tokens) and self._tokens[self._at].upper() in words

    def take(self, *words: str) -> str:
        """Return the next token in upper case; with `words` it must be one of them."""
        if self.done or (words and not self.next_is(*words)):
            raise invalid(f"Syntax error; token {self._at + 1} of {self._tokens}; want {words}")
        self._at += 1
        return self._tokens[self._at - 1].upper()

    @property
    def done(self) -> bool:
        """Whether nothing is left."""
        return self._at >= len(self._tokens)

    def path(self) -> str:
        """Return the attribute that is named next; nested paths are not faked."""
        operand = self.operand()
        if operand.path is None:
            raise invalid("Syntax error: an attribute is wanted, not a value")
        return operand.path

    def operand(self) -> Operand:
        """Return the attribute or value that comes next."""
        if self.done:
            raise invalid("Syntax error; the expression ends too early")
        token = self._tokens[self._at]
        self._at += 1
        if token.startswith(":"):
            return Operand(value=self._placeholders.value(token))
        if not (token[0].isalpha() or token[0] in "#_"):
            raise invalid(f"Syntax error; token: {token}")
        if self.next_is(".", "[", "("):
            raise NotFaked(f"nested paths and functions as operands: {token}")
        if token.startswith("#"):
            return Operand(path=self._placeholders.name(token))
        if token.upper() in RESERVED_WORDS:
            raise invalid(f"Attribute name is a reserved keyword; reserved keyword: {token}")
        return Operand(path=token)
