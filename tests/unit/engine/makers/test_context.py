from __future__ import annotations

import re

from engine.makers.context import physical_name


def test_a_given_name_is_kept() -> None:
    assert physical_name("orders", {"name": "orders-of-today"}) == "orders-of-today"


def test_without_a_name_seven_hexadecimal_digits_follow_the_logical_one() -> None:
    assert re.fullmatch(r"orders-[0-9a-f]{7}", physical_name("orders", {}))


def test_a_prefix_takes_the_place_of_the_logical_name() -> None:
    assert re.fullmatch(r"o-[0-9a-f]{7}", physical_name("orders", {"namePrefix": "o-"}))


def test_the_ending_of_a_fifo_queue_stays_last() -> None:
    assert re.fullmatch(r"orders-[0-9a-f]{7}\.fifo", physical_name("orders", {}, ending=".fifo"))


def test_two_resources_of_one_logical_name_differ() -> None:
    assert len({physical_name("orders", {}) for _ in range(50)}) == 50
