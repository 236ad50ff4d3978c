"""By AWS's rules, worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from lab.measure.item_size import item_bytes, read_units, value_bytes, write_units


@pytest.mark.parametrize(
    ("value", "size_bytes"),
    [
        ({"S": ""}, 0),
        ({"S": "naïve"}, 6),
        ({"N": "0"}, 1),
        ({"N": "7"}, 2),
        ({"N": "1999"}, 3),
        ({"N": "-1999"}, 3),
        ({"N": "19.99"}, 3),
        ({"N": "199900"}, 3),
        ({"N": "0.00001999"}, 3),
        ({"N": "1764320400250"}, 7),
        ({"B": b"\x00\x01\x02"}, 3),
        ({"BOOL": False}, 1),
        ({"NULL": True}, 1),
        ({"SS": ["a", "bc"]}, 3),
        ({"NS": ["1", "22"]}, 4),
        ({"BS": [b"a", b"bc"]}, 3),
        ({"L": []}, 3),
        ({"L": [{"S": "a"}, {"N": "7"}]}, 3 + (1 + 1) + (1 + 2)),
        ({"M": {}}, 3),
        ({"M": {"name": {"S": "a"}, "n": {"L": []}}}, 3 + (1 + 4 + 1) + (1 + 1 + 3)),
    ],
)
def test_each_type_takes_the_bytes_that_aws_says(value: dict[str, Any], size_bytes: int) -> None:
    assert value_bytes(value) == size_bytes


def test_an_item_is_its_names_and_its_values() -> None:
    assert item_bytes({"orderId": {"S": "o1"}, "größe": {"N": "12"}}) == (7 + 2) + (7 + 2)
    assert item_bytes({}) == 0


def test_a_type_that_dynamodb_does_not_have_is_an_error_and_not_nothing() -> None:
    with pytest.raises(ValueError, match="no attribute type 'X'"):
        value_bytes({"X": "1"})


@pytest.mark.parametrize(
    ("size_bytes", "units"), [(0, 1), (1, 1), (1024, 1), (1025, 2), (2048, 2), (409_600, 400)]
)
def test_a_write_costs_a_unit_for_each_kilobyte_begun(size_bytes: int, units: int) -> None:
    assert write_units(size_bytes) == units


@pytest.mark.parametrize(("size_bytes", "units"), [(0, 1), (4096, 1), (4097, 2), (8193, 3)])
def test_a_read_costs_a_unit_for_each_four_kilobytes_begun(size_bytes: int, units: int) -> None:
    assert read_units(size_bytes) == units
