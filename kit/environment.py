"""Reading settings from environment variables, with errors that say what to do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeVar

import msgspec

T = TypeVar("T")

# What the Pulumi program takes for numbers: int() and float() would also read "18_099", " 80 ",
# "1e1" and the digits of every script. No number here has more than 18 digits.
_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,18}")
_DECIMAL_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


class SettingsError(ValueError):
    """One or more environment variables are missing or wrong; the message has a line for each."""


class Environment:
    """Typed reads that collect every problem first; `check` then raises them together.

    It remembers which names were asked for, so that a test can hold them against what the
    infrastructure sets.
    """

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self._problems: list[str] = []
        self._broken_rules: list[str] = []
        self.required: set[str] = set()
        self.optional: set[str] = set()

    def text(self, name: str) -> str:
        """Return a required text."""
        self.required.add(name)
        value = self._variables.get(name, "")
        if not value:
            self._problems.append(f"{name}: is not set; the service cannot start without it")
        return value

    def optional_text(self, name: str) -> str | None:
        """Return a text, or None when it is not set or empty."""
        self.optional.add(name)
        return self._variables.get(name) or None

    def integer(self, name: str, low: int, high: int) -> int:
        """Return a required whole number from `low` to `high`, or `low` after a problem."""
        value = self.text(name)
        rule = f"must be a whole number from {low} to {high}, in plain digits"
        if not _WHOLE_NUMBER.fullmatch(value) or not low <= int(value) <= high:
            return self._refuse(name, value, rule, low)
        return int(value)

    def seconds(self, name: str, low: float, high: float) -> float:
        """Return a required duration from `low` to `high` seconds, or `low` after a problem."""
        value = self.text(name)
        rule = f"must be a number of seconds from {low:g} to {high:g}, in plain digits"
        if not _DECIMAL_NUMBER.fullmatch(value) or not low <= float(value) <= high:
            return self._refuse(name, value, rule, low)
        return float(value)

    def choice(self, name: str, allowed: tuple[str, ...]) -> str:
        """Return a required text out of `allowed`, or the first of them after a problem."""
        value = self.text(name)
        if value in allowed:
            return value
        return self._refuse(name, value, f"must be one of {', '.join(allowed)}", allowed[0])

    def optional_json(self, name: str, kind: type[T], default: T) -> T:
        """Return a JSON value of `kind`, or `default` when it is not set or after a problem."""
        text = self.optional_text(name)
        if text is None:
            return default
        try:
            return msgspec.json.decode(text, type=kind)
        except msgspec.DecodeError as error:
            return self._refuse(name, text, str(error), default)

    def rule(self, *, holds: bool, problem: str) -> None:
        """Note `problem` when a rule between several settings does not hold.

        Rules are held against values that are right by themselves: where one is not, `check` raises
        only what is wrong with the values.
        """
        if not holds:
            self._broken_rules.append(problem)

    def check(self) -> None:
        """Raise what was found wrong.

        Raises:
            SettingsError: with one line a problem.
        """
        problems = self._problems or self._broken_rules
        if problems:
            raise SettingsError("\n".join(problems))

    def _refuse(self, name: str, value: str, rule: str, fallback: T) -> T:
        if value:
            self._problems.append(f"{name} = {value}: {rule}")
        return fallback
