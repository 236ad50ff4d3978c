from __future__ import annotations

import pytest

from tests.unit.receiver.fakes import Receiver, problem_of

pytestmark = pytest.mark.socket


async def test_an_order_is_found_right_after_its_acceptance(receiver: Receiver) -> None:
    placed = await receiver.order()
    found = await receiver.client.get(placed.headers["Location"])
    assert found.status == 200
    assert await found.json() == await placed.json()


@pytest.mark.parametrize("order_id", ["nobody", "a%20b", "%00", "%ff", "x" * 2000])
async def test_an_unknown_order_is_404(receiver: Receiver, order_id: str) -> None:
    response = await receiver.client.get(f"/orders/{order_id}")
    assert response.status == 404
    await problem_of(response)


async def test_an_id_that_no_order_can_have_costs_no_read(receiver: Receiver) -> None:
    receiver.table.down = True
    assert (await receiver.client.get("/orders/a%20b")).status == 404
    assert (await receiver.client.get("/orders/a-b")).status == 503


async def test_orders_are_listed_by_status_page_by_page(receiver: Receiver) -> None:
    for number in range(3):
        await receiver.order(order_id=f"a-{number}")
    first = await (await receiver.client.get("/orders?status=PENDING&limit=2")).json()
    assert [order["order_id"] for order in first["orders"]] == ["a-0", "a-1"]
    rest = f"/orders?status=PENDING&limit=2&cursor={first['next_cursor']}"
    second = await (await receiver.client.get(rest)).json()
    assert [order["order_id"] for order in second["orders"]] == ["a-2"]
    assert "next_cursor" not in second


async def test_a_status_without_orders_is_an_empty_page(receiver: Receiver) -> None:
    response = await receiver.client.get("/orders?status=FAILED")
    assert await response.json() == {"orders": []}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "status"),
        ("status=", "status"),
        ("status=pending", "status"),
        ("status=PENDING&limit=0", "limit"),
        ("status=PENDING&limit=101", "limit"),
        ("status=PENDING&limit=1_0", "limit"),
        ("status=PENDING&limit=%D9%A1", "limit"),
        ("status=PENDING&status=FAILED", "status"),
        ("status=PENDING&cursr=x", "cursr"),
        ("status=PENDING&=x", "query"),
    ],
)
async def test_a_wrong_query_is_422(receiver: Receiver, query: str, field: str) -> None:
    response = await receiver.client.get(f"/orders?{query}")
    assert response.status == 422
    assert (await problem_of(response))["field"] == field


async def test_the_catalogue_is_listed_with_its_stock(receiver: Receiver) -> None:
    body = await (await receiver.client.get("/products")).json()
    assert body["products"][1] == {
        "product_id": "SKU-001",
        "name": "Lamp",
        "price_cents": 1999,
        "stock": 10,
    }


async def test_one_product_is_shown(receiver: Receiver) -> None:
    assert (await (await receiver.client.get("/products/1")).json())["name"] == "Mug"
    missing = await receiver.client.get("/products/2")
    assert missing.status == 404
    await problem_of(missing)


async def test_products_are_found_by_name_whatever_the_case(receiver: Receiver) -> None:
    body = await (await receiver.client.get("/products/search?q=LAM")).json()
    assert [product["product_id"] for product in body["products"]] == ["SKU-001"]


@pytest.mark.parametrize("query", ["", "?q=", "?q=" + "x" * 101, "?q=a&p=b"])
async def test_a_search_needs_a_text(receiver: Receiver, query: str) -> None:
    response = await receiver.client.get(f"/products/search{query}")
    assert response.status == 422
    await problem_of(response)
