import json
from decimal import Decimal

import pytest

from infra.catalogue import CATALOGUE
from infra.tables import LISTED_ATTRIBUTES
from lab.operate.left_behind import ASKED
from receiver.views import OrderView
from tests.support import fake_shop
from tests.support.recorded_stack import Declared, RecordedStack

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


def test_the_catalogue_is_seeded_and_its_stock_never_given_back(any_stack: RecordedStack) -> None:
    items = any_stack.of_type(ITEM)
    seeded = {json.loads(item.inputs["item"])["productId"]["S"]: item for item in items}
    assert set(seeded) == {product.product_id for product in CATALOGUE}
    for item in items:
        assert item.ignores == {"item"}
        assert item.inputs["hashKey"] == "productId"
        assert item.inputs["tableName"] == "flash-sale-products-1a2b3c4"


@pytest.mark.parametrize(
    ("product_id", "price_cents", "stock"),
    [("1", "2999", "1000000"), ("SKU-001", "1999", "1000000"), ("SKU-LIMITED", "4999", "25")],
)
def test_what_the_examples_order_is_on_sale(
    product_id: str, price_cents: str, stock: str, any_stack: RecordedStack
) -> None:
    items = [json.loads(item.inputs["item"]) for item in any_stack.of_type(ITEM)]
    (found,) = [item for item in items if item["productId"]["S"] == product_id]
    assert found["priceCents"] == {"N": price_cents}
    assert found["stock"] == {"N": stock}
    assert found["name"]["S"]


def test_products_have_distinct_ids_and_prices_in_whole_cents() -> None:
    assert len({product.product_id.lower() for product in CATALOGUE}) == len(CATALOGUE)
    assert all(Decimal(product.price_cents) > 0 for product in CATALOGUE)
