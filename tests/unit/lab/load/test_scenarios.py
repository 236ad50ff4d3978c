from __future__ import annotations

import random

import pytest

from lab.load.scenarios import (
    DEMO_SECONDS,
    FLASH,
    LIMITED_PRODUCT,
    NORMAL,
    SCENARIOS,
    Baskets,
    Scenario,
    product_ids,
)


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


def chance() -> random.Random:
    return random.Random(1)  # noqa: S311 - the same baskets at each run


PRODUCTS = ["1", "SKU-001", "SKU-002", "SKU-003", LIMITED_PRODUCT]


def test_each_order_has_a_key_of_its_own() -> None:
    baskets = Baskets(PRODUCTS)
    keys = {baskets.order()["order_id"] for _ in range(500)}
    assert len(keys) == 500
    assert all(len(key) == 32 and int(key, 16) >= 0 for key in keys)


def test_a_basket_holds_one_to_three_different_products() -> None:
    baskets = Baskets(PRODUCTS, chance())
    for _ in range(300):
        items = baskets.order()["items"]
        products = [item["product_id"] for item in items]
        assert 1 <= len(products) <= 3
        assert len(set(products)) == len(products)
        assert all(1 <= item["quantity"] <= 3 for item in items)
        assert set(products) <= set(PRODUCTS)


def test_about_one_order_in_twenty_wants_the_scarce_product() -> None:
    baskets = Baskets(PRODUCTS, chance())
    orders = [baskets.order() for _ in range(4_000)]
    scarce = sum(
        any(item["product_id"] == LIMITED_PRODUCT for item in order["items"]) for order in orders
    )
    assert 150 <= scarce <= 250


def test_a_catalogue_without_the_scarce_product_is_shopped_too() -> None:
    baskets = Baskets(["1", "2"], chance())
    products = {item["product_id"] for _ in range(50) for item in baskets.order()["items"]}
    assert products == {"1", "2"}


def test_the_products_are_read_from_the_catalogue_as_a_list_or_in_an_object() -> None:
    entries = [{"product_id": "1", "stock": 5}, {"product_id": 2}]
    assert product_ids({"products": entries}) == ["1", "2"]
    assert product_ids(entries) == ["1", "2"]


def test_an_empty_catalogue_is_an_error_and_not_an_empty_sale() -> None:
    with pytest.raises(ValueError, match="no product"):
        product_ids({"products": []})
