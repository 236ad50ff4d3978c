import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.catalogue import Catalogue, total_cents
from orders.errors import InvalidOrder
from orders.model import OrderLine, Product
from orders.request import MAX_CENTS, ItemRequest

SHELF = Catalogue(
    [
        Product(product_id="SKU-001", name="Laptop stand", price_cents=1999, stock=3),
        Product(product_id="1", name="Blue laptop", price_cents=99_900, stock=0),
        Product(product_id="b", name="Straße map", price_cents=0, stock=1),
    ]
)


def test_an_order_is_priced_by_the_catalogue_and_not_by_the_client() -> None:
    lines = SHELF.price([ItemRequest("SKU-001", 2), ItemRequest(1, 1)])
    assert lines == (OrderLine("SKU-001", 2, 1999), OrderLine("1", 1, 99_900))


def test_the_price_that_the_client_saw_is_accepted_when_it_is_right() -> None:
    assert SHELF.price([ItemRequest("SKU-001", 1, 19.99)])
    assert SHELF.price([ItemRequest(1, 1, 999)])


def test_another_price_is_refused_with_both_prices() -> None:
    with pytest.raises(InvalidOrder) as caught:
        SHELF.price([ItemRequest(1, 1), ItemRequest("SKU-001", 1, 0.01)])
    assert caught.value.field == "items[1].price"
    assert "19.99" in caught.value.rule
    assert caught.value.value == 0.01


def test_an_unknown_product_is_refused_by_name() -> None:
    with pytest.raises(InvalidOrder) as caught:
        SHELF.price([ItemRequest("nothing", 1)])
    assert (caught.value.field, caught.value.value) == ("items[0].product_id", "nothing")


@given(st.integers(min_value=0, max_value=MAX_CENTS))
def test_every_price_in_cents_is_recognised_as_sent_in_decimals(cents: int) -> None:
    shelf = Catalogue([Product(product_id="p", name="p", price_cents=cents, stock=1)])
    sent = float(f"{cents // 100}.{cents % 100:02}")
    assert shelf.price([ItemRequest("p", 1, sent)])


@given(st.integers(min_value=1, max_value=10**9), st.sampled_from([-1, 1]))
def test_a_price_that_is_one_cent_off_is_refused(cents: int, off: int) -> None:
    shelf = Catalogue([Product(product_id="p", name="p", price_cents=cents, stock=1)])
    with pytest.raises(InvalidOrder):
        shelf.price([ItemRequest("p", 1, (cents + off) / 100)])


lines = st.builds(OrderLine, st.just("p"), st.integers(1, 1000), st.integers(0, 10_000_000))


@given(st.lists(lines, max_size=99))
def test_the_total_is_the_exact_sum(lines: list[OrderLine]) -> None:
    total = 0
    for line in lines:
        for _ in range(line.quantity):
            total += line.unit_price_cents
    assert total_cents(lines) == total
    assert isinstance(total_cents(lines), int)


def test_a_total_beyond_what_a_payment_carries_is_refused() -> None:
    assert total_cents([OrderLine("p", 1, MAX_CENTS)]) == MAX_CENTS
    with pytest.raises(InvalidOrder):
        total_cents([OrderLine("p", 1, MAX_CENTS), OrderLine("q", 1, 1)])


def test_the_catalogue_is_listed_by_id() -> None:
    assert [product.product_id for product in SHELF.all()] == ["1", "SKU-001", "b"]
    assert len(SHELF) == 3


def test_a_search_ignores_case_and_looks_at_names_and_ids() -> None:
    def found(text: str) -> list[str]:
        return [product.product_id for product in SHELF.search(text)]

    assert found("LAPTOP") == ["1", "SKU-001"]
    assert found("sku-0") == ["SKU-001"]
    assert found("STRASSE") == ["b"]
    assert found("nothing") == []


def test_a_product_that_is_not_for_sale_is_none() -> None:
    assert SHELF.get("nothing") is None
    assert SHELF.get("1") is not None
