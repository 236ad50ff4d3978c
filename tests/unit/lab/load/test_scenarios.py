from __future__ import annotations

import pytest

from lab.load.scenarios import DEMO_SECONDS, FLASH, NORMAL, SCENARIOS, Scenario


def test_the_sales_are_those_of_the_sources() -> None:
    assert (NORMAL.users, NORMAL.duration_seconds, NORMAL.spawn_rate) == (5, 30, 1)
    assert (FLASH.users, FLASH.duration_seconds, FLASH.spawn_rate) == (20, 60, 10)
    assert DEMO_SECONDS.keys() == SCENARIOS.keys()


def test_a_sale_wants_its_users_until_its_time_is_up() -> None:
    assert FLASH.tick(0) == (20, 10)
    assert FLASH.tick(59.9) == (20, 10)
    assert FLASH.tick(60) is None


def test_a_shortened_sale_ends_earlier_and_is_the_same_otherwise() -> None:
    short = FLASH.lasting(10)
    assert short.tick(10) is None
    assert (short.name, short.users, short.spawn_rate) == ("flash", 20, 10)


@pytest.mark.parametrize(
    ("scenario", "elapsed", "users"),
    [
        (NORMAL, -0.1, 0),
        (NORMAL, 0, 1),
        (NORMAL, 3.9, 4),
        (NORMAL, 29, 5),
        (FLASH, 0.5, 10),
        (FLASH, 1.0, 20),
        (FLASH, 30, 20),
        (Scenario("slow", 3, 30, 0.5), 1.9, 1),
        (Scenario("slow", 3, 30, 0.5), 2.0, 2),
    ],
)
def test_customers_enter_in_batches_one_batch_a_second(
    scenario: Scenario, elapsed: float, users: int
) -> None:
    assert scenario.users_at(elapsed) == users


def test_customers_who_come_later_shop_for_less_time() -> None:
    assert NORMAL.active_seconds() == [30, 29, 28, 27, 26]
    assert FLASH.active_seconds() == [60] * 10 + [59] * 10
    assert NORMAL.lasting(2).active_seconds() == [2, 1, 0, 0, 0]
