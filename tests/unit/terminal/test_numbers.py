from __future__ import annotations

import pytest

from terminal import numbers


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        (0, "0 s"),
        (0.012, "12 ms"),
        (0.1, "0.1 s"),
        (3.04, "3.0 s"),
        (119.94, "119.9 s"),
        (475.5, "7 min 56 s"),
        (299.9, "5 min 00 s"),
    ],
)
def test_seconds_read_in_the_unit_that_fits(value: float | None, text: str) -> None:
    assert numbers.seconds(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(None, "-"), (3.21, "3.2 ms"), (37.4, "37 ms"), (11_700, "11.7 s")]
)
def test_milliseconds_read_in_the_unit_that_fits(value: float | None, text: str) -> None:
    assert numbers.milliseconds(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(None, "-"), (0, "$0.00"), (76.496, "$76.50"), (1_234.5, "$1,234")]
)
def test_dollars_have_cents_while_cents_matter(value: float | None, text: str) -> None:
    assert numbers.dollars(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(None, "-"), (0, "0"), (1.667, "1.67"), (57.49, "57.5"), (3_420.4, "3,420")]
)
def test_decimals_have_about_three_digits(value: float | None, text: str) -> None:
    assert numbers.decimal(value) == text


def test_lists_and_plurals_read_as_english() -> None:
    assert numbers.joined(["a"]) == "a"
    assert numbers.joined(["a", "b"]) == "a and b"
    assert numbers.joined(["a", "b", "c"]) == "a, b and c"
    assert numbers.plural(1, "order") == "1 order"
    assert numbers.plural(2_000, "order") == "2,000 orders"
