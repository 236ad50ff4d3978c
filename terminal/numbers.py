"""How numbers read in tables and sentences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Show = Callable[[float | None], str]
MISSING = "-"
ONE_SECOND_MS = 1000
MINUTE = 60


def count(value: float | None) -> str:
    """Return a whole number with thousands separated."""
    return MISSING if value is None else f"{round(value):,}"


def decimal(value: float | None) -> str:
    """Return about three significant digits."""
    if value is None:
        return MISSING
    if value == 0:
        return "0"
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2  # noqa: PLR2004
    return f"{value:,.{digits}f}"


def milliseconds(value: float | None) -> str:
    """Return a duration given in milliseconds, in the unit that reads best."""
    if value is None:
        return MISSING
    if value < ONE_SECOND_MS:
        return f"{value:.0f} ms" if value >= 10 else f"{value:.1f} ms"  # noqa: PLR2004
    return seconds(value / ONE_SECOND_MS)


def seconds(value: float | None) -> str:
    """Return a duration given in seconds, in the unit that reads best."""
    if value is None:
        return MISSING
    if value < 0.1:  # noqa: PLR2004 - below a tenth milliseconds read better
        return milliseconds(value * ONE_SECOND_MS) if value else "0 s"
    if value < 2 * MINUTE:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), MINUTE)
    if minutes < 2 * MINUTE:
        return f"{minutes} min {rest:02d} s"
    hours, minutes = divmod(round(value / MINUTE), MINUTE)
    return f"{hours} h {minutes:02d} min"


def dollars(value: float | None) -> str:
    """Return dollars and cents; whole dollars from a thousand on."""
    if value is None:
        return MISSING
    return f"${value:,.0f}" if value >= 1000 else f"${value:,.2f}"  # noqa: PLR2004


def plain(value: Any) -> str:
    """Return a duration's number without trailing zeros, e.g. for `10 s`."""
    return f"{value:g}"


def plural(number: int, one: str, many: str | None = None) -> str:
    """Return `1 order`, `2 orders`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def joined(parts: list[str]) -> str:
    """Return `a`, `a and b`, `a, b and c`."""
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))
