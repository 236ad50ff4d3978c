from __future__ import annotations

import random

import pytest

from lab.load.basket import LIMITED_PRODUCT, Baskets, product_ids


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
