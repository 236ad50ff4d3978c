import json
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.errors import InvalidOrder
from orders.request import MAX_ITEMS, MAX_PRODUCTS, ItemRequest, OrderRequest, parse_order_request

CURL_OF_THE_FIRST_SEED = (
    b'{"order_id":"001","customer_id":123,'
    b'"items":[{"product_id":"SKU-001","quantity":1,"price":19.99}]}'
)
CURL_OF_THE_LAST_SEED = b'{"customer_id": 123, "items": [{"product_id": 1, "quantity": 2}]}'


def order(**changes: Any) -> dict[str, Any]:
    return {"customer_id": "c", "items": [{"product_id": "p", "quantity": 1}], **changes}


def item(**changes: Any) -> dict[str, Any]:
    return order(items=[{"product_id": "p", "quantity": 1, **changes}])


def parse(document: Any) -> OrderRequest:
    return parse_order_request(json.dumps(document).encode())


def refused(document: Any) -> InvalidOrder:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    with pytest.raises(InvalidOrder) as caught:
        parse_order_request(body)
    return caught.value


def test_both_shapes_of_the_seeds_are_orders() -> None:
    first = parse_order_request(CURL_OF_THE_FIRST_SEED)
    last = parse_order_request(CURL_OF_THE_LAST_SEED)
    assert first == OrderRequest(
        order_id="001", customer_id=123, items=[ItemRequest("SKU-001", 1, 19.99)]
    )
    assert last == OrderRequest(customer_id=123, items=[ItemRequest(1, 2)])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        b'{"customer_id": "\xc3',
        b"not json",
        b'{"customer_id":1,"items":[{"product_id":1,"quantity":NaN}]}',
        b'{"customer_id":1,"items":[]} and more',
        b'{"customer_id":"\\ud800","items":[]}',
        b'{"customer_id":1e400,"items":[}',
        b'{"customer_id":1e400,"x":"\xff"}',
        b'{"customer_id":1,"items":[{"product_id":1,"quantity":-Infinity}]}',
        b'\xef\xbb\xbf{"customer_id":1,"items":[{"product_id":1,"quantity":1}]}',
        b"[" * 50_000,
        b'{"x":' * 50_000,
    ],
)
def test_what_is_no_json_is_malformed(body: bytes) -> None:
    assert refused(body).malformed


@pytest.mark.parametrize("number", ["1e400", "-1e400", "9" * 5_000, "-" + "9" * 5_000, "9" * 310])
def test_a_price_that_no_float_holds_is_a_broken_rule_and_not_called_malformed(number: str) -> None:
    line = '{"product_id":1,"quantity":1,"price":%s}' % number  # noqa: UP031 - braces all around
    error = refused(f'{{"customer_id":1,"items":[{line}]}}'.encode())
    assert not error.malformed
    assert error.field == "items[0].price"
    assert error.rule == "must be a number from -1.79e308 to 1.79e308"
    assert str(error.value) == number


@pytest.mark.parametrize("field", ["customer_id", "items", "order_id"])
@pytest.mark.parametrize("number", ["1e400", "-1e999999999999999999999", "9" * 5_000])
def test_a_number_without_bounds_is_a_broken_rule_in_every_field(field: str, number: str) -> None:
    fields = {"customer_id": "1", field: number}
    body = ",".join(f'"{name}":{value}' for name, value in fields.items())
    error = refused(f"{{{body}}}".encode())
    assert not error.malformed
    assert (error.field, error.value) == (field, number)


def test_numbers_too_small_for_a_float_are_zero_and_a_zero_may_have_a_sign() -> None:
    for price in (b"-0", b"-0.0", b"1e-400", b"-1e-400"):
        body = b'{"customer_id":-0,"items":[{"product_id":-0,"quantity":1,"price":%b}]}' % price
        request = parse_order_request(body)
        assert request == OrderRequest(customer_id=0, items=[ItemRequest(0, 1, 0.0)])
    assert refused(b'{"customer_id":1,"items":[{"product_id":1,"quantity":-0}]}').value == 0


def test_json_that_is_no_order_is_not_called_malformed() -> None:
    documents: list[Any] = [None, [], 1, "order", {}]
    for document in documents:
        assert not refused(document).malformed


@pytest.mark.parametrize(
    ("document", "field", "value"),
    [
        (item(quantity=0), "items[0].quantity", 0),
        (item(quantity=1001), "items[0].quantity", 1001),
        (item(quantity=-1), "items[0].quantity", -1),
        (item(quantity="2"), "items[0].quantity", "2"),
        (item(quantity=1.5), "items[0].quantity", 1.5),
        (item(quantity=True), "items[0].quantity", True),
        (item(price=-0.01), "items[0].price", -0.01),
        (item(price="19.99"), "items[0].price", "19.99"),
        (item(product_id=""), "items[0].product_id", ""),
        (item(product_id="x" * 129), "items[0].product_id", "x" * 129),
        (item(product_id=-1), "items[0].product_id", -1),
        (item(product_id=2**53 + 1), "items[0].product_id", 2**53 + 1),
        (item(product_id=1.0), "items[0].product_id", 1.0),
        (order(customer_id=None), "customer_id", None),
        (order(customer_id=False), "customer_id", False),
        (order(order_id=""), "order_id", ""),
        (order(order_id="a/b"), "order_id", "a/b"),
        (order(order_id=".."), "order_id", ".."),
        (order(order_id="001\n"), "order_id", "001\n"),
        (order(order_id="x" * 129), "order_id", "x" * 129),
        (order(order_id=1), "order_id", 1),
        (order(items=[]), "items", None),
        (order(items={}), "items", None),
        (order(items=order()["items"] * (MAX_ITEMS + 1)), "items", None),
        (order(cupon="x"), "cupon", "x"),
        (item(quantitty=3), "items[0].quantitty", 3),
        ({"items": order()["items"]}, "customer_id", None),
        (order(items=[{"product_id": 1}]), "items[0].quantity", None),
    ],
)
def test_a_refusal_names_field_and_value(document: Any, field: str, value: Any) -> None:
    error = refused(document)
    assert (error.field, error.value) == (field, value)
    assert error.rule
    assert not error.malformed


def test_a_refusal_says_the_rule_and_even_a_zero() -> None:
    assert str(refused(item(quantity=0))) == "items[0].quantity: Expected `int` >= 1, got 0"
    assert "<= 1000" in refused(item(quantity=1001)).rule
    assert "length >= 1" in refused(order(items=[])).rule


def test_the_second_of_two_items_is_named_by_its_index() -> None:
    items = [{"product_id": 1, "quantity": 1}, {"product_id": 1, "quantity": 0}]
    assert refused(order(items=items)).field == "items[1].quantity"


def test_quantities_of_1_and_1000_are_orders() -> None:
    for quantity in (1, 1000):
        assert parse(item(quantity=quantity)).items[0].quantity == quantity


def test_more_products_than_a_transaction_holds_are_refused() -> None:
    def with_products(count: int) -> dict[str, Any]:
        return order(items=[{"product_id": n, "quantity": 1} for n in range(count)])

    assert len(parse(with_products(MAX_PRODUCTS)).items) == MAX_PRODUCTS
    error = refused(with_products(MAX_PRODUCTS + 1))
    assert (error.field, error.value) == ("items", MAX_PRODUCTS + 1)


def test_an_integer_and_a_text_can_name_the_same_product() -> None:
    items = [{"product_id": 1, "quantity": 1}, {"product_id": "1", "quantity": 1}] * 50
    assert len(parse(order(items=items)).items) == MAX_ITEMS


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_bytes_raise_anything_but_an_invalid_order(body: bytes) -> None:
    with suppress(InvalidOrder):
        parse_order_request(body)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["customer_id", "items", "product_id", "quantity", "price", "x"]), inner
        )
    ),
    max_leaves=12,
)


@given(json_values)
def test_no_json_raises_anything_but_an_invalid_order(document: Any) -> None:
    with suppress(InvalidOrder):
        parse(document)


@pytest.mark.parametrize("name", ["x - at `$.a", "x` - at `$.items[0]", "a.b", "`", "a\n` - at `$"])
@pytest.mark.parametrize("place", ["", "items[0]"])
def test_an_unknown_field_is_named_whatever_its_name_looks_like(name: str, place: str) -> None:
    document: dict[str, Any] = {"customer_id": 1, "items": [{"product_id": 1, "quantity": 1}]}
    (document["items"][0] if place else document)[name] = 5
    with pytest.raises(InvalidOrder) as refused:
        parse(document)
    assert refused.value.field == (f"{place}.{name}" if place else name)
    assert refused.value.rule == f"Object contains unknown field `{name}`"
    assert refused.value.value == 5


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"items":[]}', "Expected `array` of length >= 1 - at `$.items`"),
        (
            b'{"items":[{"product_id":1,"quantity":1}]}',
            "Object missing required field `customer_id`",
        ),
        (
            b'{"customer_id":1,"items":[{"product_id":1,"quantity":1,"x":2}]}',
            "Object contains unknown field `x` - at `$.items[0]`",
        ),
        (
            b'{"customer_id":1,"items":[{"product_id":1,"quantity":"1"}]}',
            "Expected `int`, got `str` - at `$.items[0].quantity`",
        ),
        (
            b'{"customer_id":1,"items":[{"product_id":1,"quantity":1,"price":1e999}]}',
            "Number out of range - at `$.items[0].price`",
        ),
        (b"[]", "Expected `object`, got `array`"),
    ],
)
def test_msgspec_words_its_messages_as_the_fields_are_read_from_them(
    body: bytes, message: str
) -> None:
    """A version of msgspec with other words fails here first, by name."""
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.json.decode(body, type=OrderRequest)
    assert str(caught.value) == message
