import re
import time
import uuid

from hypothesis import given
from hypothesis import strategies as st

from orders.ids import (
    ORDER_ID_PATTERN,
    content_hash,
    execution_name,
    is_order_id,
    mint_order_id,
    order_id_for_key,
)
from orders.message import decode_order_placed, encode_order_placed


def test_minted_ids_are_uuids_of_version_7() -> None:
    minted = uuid.UUID(mint_order_id())
    assert minted.version == 7
    assert minted.variant == uuid.RFC_4122


def test_minted_ids_carry_the_millisecond_they_were_made_in() -> None:
    before = time.time_ns() // 1_000_000
    minted = uuid.UUID(mint_order_id()).int >> 80
    assert before <= minted <= time.time_ns() // 1_000_000


def test_ids_minted_a_millisecond_apart_sort_by_age() -> None:
    minted = []
    for _ in range(5):
        minted.append(mint_order_id())
        time.sleep(0.002)
    assert minted == sorted(minted)


def test_ten_thousand_minted_ids_differ() -> None:
    assert len({mint_order_id() for _ in range(10_000)}) == 10_000


def test_minted_ids_are_order_ids() -> None:
    assert is_order_id(mint_order_id())
    assert is_order_id(order_id_for_key("c", "any key"))


def test_what_could_leave_its_place_in_a_url_or_a_message_is_no_order_id() -> None:
    for text in ("", ".", "..", "a/b", "a b", 'a"b', "a\n", "\na", "a\r", "é", "-a", "_a", "a%2F"):
        assert not is_order_id(text), text
    for text in ("001", "a", "A.b_c-d", "x" * 128):
        assert is_order_id(text), text
    assert not is_order_id("x" * 129)


@given(st.from_regex(ORDER_ID_PATTERN))
def test_whatever_is_an_order_id_survives_its_announcement(order_id: str) -> None:
    assert decode_order_placed(encode_order_placed(order_id)).order_id == order_id


# So few texts that equal and almost equal contents are common.
texts = st.text("a1", max_size=2)
# What a separator, a quote or an escape could be taken for.
keys = st.tuples(st.text('a,"\\[', max_size=3), st.text('a,"\\[', max_size=3))


@given(keys, keys)
def test_a_customers_key_always_stands_for_the_same_order_and_any_other_pair_for_another(
    one: tuple[str, str], other: tuple[str, str]
) -> None:
    assert order_id_for_key(*one) == order_id_for_key(*one)
    assert (order_id_for_key(*one) == order_id_for_key(*other)) == (one == other)
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab].*", order_id_for_key(*one))


units = st.lists(st.tuples(texts, st.integers(1, 2)), max_size=2)


@given(texts, units, texts, units)
def test_two_orders_have_one_fingerprint_exactly_if_they_have_one_content(
    customer: str,
    ordered: list[tuple[str, int]],
    other_customer: str,
    other_ordered: list[tuple[str, int]],
) -> None:
    same = (customer, ordered) == (other_customer, other_ordered)
    hashes_agree = content_hash(customer, ordered) == content_hash(other_customer, other_ordered)
    assert hashes_agree == same


def test_the_same_units_in_another_order_or_otherwise_cut_are_another_content() -> None:
    hashes = {
        content_hash("c", [("a", 1), ("b", 1)]),
        content_hash("c", [("b", 1), ("a", 1)]),
        content_hash("c", [("a1b", 1)]),
        content_hash("ca", [("b", 1)]),
        content_hash("c", [("a", 11)]),
        content_hash("c", [("a1", 1)]),
    }
    assert len(hashes) == 6


@given(st.from_regex(ORDER_ID_PATTERN, fullmatch=True))
def test_the_name_of_an_execution_is_one_and_stands_for_one_order(order_id: str) -> None:
    name = execution_name(order_id)
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,80}", name)
    assert (name == order_id) == (len(order_id) <= 80)
    longer = order_id.ljust(128, "x")
    assert longer == order_id or execution_name(longer) != name
