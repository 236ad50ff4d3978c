import json
from decimal import Decimal

import pytest

from adapters.orders.catalogue_cache import products_from_items
from api.views import OrderView
from infra.tables import CATALOGUE, CATALOGUE_PREFIX, LISTED_ATTRIBUTES
from ops.open_orders import ASKED
from tests.support import fake_shop
from tests.support.recorded_stack import Declared, RecordedStack

pytestmark = pytest.mark.process

TABLE = "aws:dynamodb/table:Table"
ITEM = "aws:dynamodb/tableItem:TableItem"


def table(stack: RecordedStack, kind: str) -> Declared:
    return stack.named(TABLE, f"flash-sale-{kind}")


@pytest.mark.parametrize(
    ("kind", "key"),
    [("orders", "orderId"), ("payments", "idempotencyKey"), ("products", "productId")],
)
def test_each_table_is_keyed_by_one_id(kind: str, key: str, any_stack: RecordedStack) -> None:
    inputs = table(any_stack, kind).inputs
    assert inputs["hashKey"] == key
    assert "rangeKey" not in inputs
    assert {"name": key, "type": "S"} in inputs["attributes"]


def test_every_table_is_on_demand_encrypted_and_restorable(any_stack: RecordedStack) -> None:
    assert len(any_stack.of_type(TABLE)) == 3
    for each in any_stack.of_type(TABLE):
        assert each.inputs["billingMode"] == "PAY_PER_REQUEST"
        assert each.inputs["serverSideEncryption"] == {"enabled": True}
        assert each.inputs["pointInTimeRecovery"] == {"enabled": True}


def test_orders_are_listed_by_status_and_time_and_stream_their_changes(
    any_stack: RecordedStack,
) -> None:
    inputs = table(any_stack, "orders").inputs
    assert inputs["globalSecondaryIndexes"] == [
        {
            "name": "status-index",
            "projectionType": "INCLUDE",
            "nonKeyAttributes": list(LISTED_ATTRIBUTES),
            "keySchemas": [
                {"attributeName": "statusShard", "keyType": "HASH"},
                {"attributeName": "createdAt", "keyType": "RANGE"},
            ],
        }
    ]
    assert (inputs["streamEnabled"], inputs["streamViewType"]) == (True, "NEW_AND_OLD_IMAGES")


def test_the_index_holds_what_listings_show_and_reconciliations_ask_and_no_more() -> None:
    listed = set(OrderView.__struct_fields__) - {"order_id", "created_at", "items"} | {"lines"}
    asked = set(ASKED.values()) - {"orderId", "createdAt"}
    assert set(LISTED_ATTRIBUTES) == {_camel_case(name) for name in listed} | asked
    assert set(LISTED_ATTRIBUTES) == fake_shop.LISTED_ATTRIBUTES


def _camel_case(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(map(str.capitalize, tail))


def test_only_keys_are_declared_as_attributes(any_stack: RecordedStack) -> None:
    declared = {
        each.name: [attribute["name"] for attribute in each.inputs["attributes"]]
        for each in any_stack.of_type(TABLE)
    }
    assert declared == {
        "flash-sale-orders": ["orderId", "statusShard", "createdAt"],
        "flash-sale-payments": ["idempotencyKey"],
        "flash-sale-products": ["productId"],
    }


def seeds(stack: RecordedStack) -> dict[str, Declared]:
    """The items of the products table, by their key."""
    return {json.loads(each.inputs["item"])["productId"]["S"]: each for each in stack.of_type(ITEM)}


def test_every_product_is_seeded_with_its_stock_which_no_update_gives_back(
    any_stack: RecordedStack,
) -> None:
    for product in CATALOGUE:
        seed = seeds(any_stack)[product.product_id]
        assert json.loads(seed.inputs["item"]) == {
            "productId": {"S": product.product_id},
            "stock": {"N": str(product.stock)},
        }
        assert seed.ignores == {"item"}


def test_names_and_prices_deploy_whatever_was_sold_meanwhile(any_stack: RecordedStack) -> None:
    for product in CATALOGUE:
        entry = seeds(any_stack)[f"{CATALOGUE_PREFIX}{product.product_id}"]
        # Nothing that orders write: the provider writes all that is in it, and drops the rest.
        assert json.loads(entry.inputs["item"]) == {
            "productId": {"S": f"{CATALOGUE_PREFIX}{product.product_id}"},
            "name": {"S": product.name},
            "priceCents": {"N": str(product.price_cents)},
        }
        assert entry.ignores == frozenset()


def test_a_product_is_there_only_while_it_has_a_price(any_stack: RecordedStack) -> None:
    for product in CATALOGUE:
        entry = seeds(any_stack)[f"{CATALOGUE_PREFIX}{product.product_id}"]
        assert entry.urn in seeds(any_stack)[product.product_id].depends_on


def test_every_seed_goes_to_the_products_table(any_stack: RecordedStack) -> None:
    assert len(any_stack.of_type(ITEM)) == 2 * len(CATALOGUE)
    for item in any_stack.of_type(ITEM):
        assert item.inputs["hashKey"] == "productId"
        assert item.inputs["tableName"] == "flash-sale-products-1a2b3c4"


@pytest.mark.parametrize(
    ("product_id", "price_cents", "stock"),
    [("1", 2999, 1_000_000), ("SKU-001", 1999, 1_000_000), ("SKU-LIMITED", 4999, 25)],
)
def test_services_read_the_seeds_as_what_the_examples_order(
    product_id: str, price_cents: int, stock: int, any_stack: RecordedStack
) -> None:
    items = [json.loads(item.inputs["item"]) for item in any_stack.of_type(ITEM)]
    products = {product.product_id: product for product in products_from_items(items)}
    assert set(products) == {product.product_id for product in CATALOGUE}
    found = products[product_id]
    assert (found.price_cents, found.stock) == (price_cents, stock)
    assert found.name


def test_products_have_distinct_ids_and_prices_in_whole_cents() -> None:
    assert len({product.product_id.lower() for product in CATALOGUE}) == len(CATALOGUE)
    assert all(Decimal(product.price_cents) > 0 for product in CATALOGUE)
