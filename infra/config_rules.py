"""What one configuration value may look like; each rule parses its text or says what it must be."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Protocol


class Rule(Protocol):
    """Parses a configuration text and knows one valid example to show beside an error."""

    @property
    def example(self) -> str:
        """A valid text."""

    def parse(self, text: str) -> object:
        """Return the typed value; ValueError says what the value must be."""


@dataclass(frozen=True)
class WholeNumber:
    """A whole number from `minimum` to `maximum`, both allowed."""

    minimum: int
    maximum: int
    example: str

    def parse(self, text: str) -> int:
        """Return the number; ValueError says what it must be."""
        if not re.fullmatch(r"[+-]?[0-9]+", text):
            raise ValueError("must be a whole number")
        number = int(text)
        if not self.minimum <= number <= self.maximum:
            raise ValueError(f"must be between {self.minimum} and {self.maximum}")
        return number


@dataclass(frozen=True)
class DecimalSeconds:
    """A plain decimal number of seconds from 0 to `maximum`; Decimal, so that 0.1 stays 0.1."""

    maximum: int
    example: str

    def parse(self, text: str) -> Decimal:
        """Return the seconds; ValueError says what they must be."""
        if not re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?", text):
            raise ValueError("must be a decimal number of seconds")
        seconds = Decimal(text)
        if not 0 <= seconds <= self.maximum:
            raise ValueError(f"must be between 0 and {self.maximum} seconds")
        return seconds


@dataclass(frozen=True)
class Share:
    """A plain decimal number from 0 to 1; Decimal, so that shares add up."""

    example: str

    def parse(self, text: str) -> Decimal:
        """Return the share; ValueError says what it must be."""
        if not re.fullmatch(r"[0-9]+(\.[0-9]+)?", text) or Decimal(text) > 1:
            raise ValueError("must be a decimal number between 0 and 1")
        return Decimal(text)


@dataclass(frozen=True)
class Flag:
    """Yes or no, in YAML's and Pulumi's words."""

    example: str

    def parse(self, text: str) -> bool:
        """Return whether it is `true`; ValueError if it is neither `true` nor `false`."""
        if text not in ("true", "false"):
            raise ValueError("must be true or false")
        return text == "true"


@dataclass(frozen=True)
class Origins:
    """Origins of web pages, separated by commas; `*` stands for all, nothing for none."""

    example: str

    def parse(self, text: str) -> str:
        """Return the text as it is; ValueError says what it must be."""
        origins = (origin.strip() for origin in text.split(","))
        if not all(re.fullmatch(r"|\*|https?://[^/\s]+", origin) for origin in origins):
            raise ValueError("must be * or origins such as https://shop.example, with commas")
        return text


@dataclass(frozen=True)
class OneOf:
    """A member of a closed vocabulary."""

    vocabulary: type[StrEnum]
    example: str

    def parse(self, text: str) -> StrEnum:
        """Return the member; ValueError lists the allowed ones."""
        try:
            return self.vocabulary(text)
        except ValueError:
            raise ValueError(f"must be one of {', '.join(self.vocabulary)}") from None


@dataclass(frozen=True)
class OneOfNumbers:
    """One of a fixed set of whole numbers."""

    allowed: Collection[int]
    example: str

    def parse(self, text: str) -> int:
        """Return the number; ValueError lists the allowed ones."""
        if text not in map(str, self.allowed):
            raise ValueError(f"must be one of {', '.join(map(str, self.allowed))}")
        return int(text)


@dataclass(frozen=True)
class Pattern:
    """A text that matches a regular expression as a whole."""

    expression: str
    meaning: str
    example: str

    def parse(self, text: str) -> str:
        """Return the text as it is; ValueError says what it must be."""
        if not re.fullmatch(self.expression, text):
            raise ValueError(f"must be {self.meaning}")
        return text
