from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from orders.catalogue import Catalogue
from orders.errors import ContentConflict
from orders.model import OrderStatus
from receiver.async_orders import ASYNC_ORDERS
from tests.unit.receiver.fakes import (
    Receiver,
    assert_names_order,
    eventually,
    order_request,
    order_with,
    problem_of,
    running_receiver,
)

pytestmark = pytest.mark.socket


async def test_an_order_is_stored_then_announced_then_answered(receiver: Receiver) -> None:
    response = await receiver.order(order_id="a-1")
    receiver.events.append("answered")
    assert response.status == 202
    assert receiver.events == ["stored a-1", "announced a-1", "answered"]


async def test_no_answer_comes_before_the_topic_has_the_order(receiver: Receiver) -> None:
    receiver.topic.open.clear()
    asking = asyncio.create_task(receiver.order(order_id="a-1"))
    await eventually(lambda: "stored a-1" in receiver.events)
    await asyncio.sleep(0.02)
    assert not asking.done()
    receiver.topic.open.set()
    assert (await asking).status == 202


async def test_the_answer_holds_the_order_and_where_to_find_it(receiver: Receiver) -> None:
    response = await receiver.order(order_id="a-1")
    assert response.headers["Location"] == "/orders/a-1"
    body = await response.json()
    assert body.pop("created_at").endswith("Z")
    assert body == {
        "order_id": "a-1",
        "customer_id": "123",
        "items": [{"product_id": "SKU-001", "quantity": 1, "unit_price_cents": 1999}],
        "total_cents": 1999,
        "status": "PENDING",
    }


async def test_an_order_without_an_id_gets_a_new_one_each_time(receiver: Receiver) -> None:
    first, second = await receiver.order(), await receiver.order()
    assert (await first.json())["order_id"] != (await second.json())["order_id"]
    assert len(receiver.table.orders) == 2


async def test_an_order_that_was_not_announced_is_not_accepted(receiver: Receiver) -> None:
    receiver.topic.down = True
    response = await receiver.order(order_id="a-1")
    assert response.status == 503
    assert int(response.headers["Retry-After"]) >= 1
    assert_names_order(response, await problem_of(response), "a-1")


async def test_whoever_named_no_id_is_told_the_one_under_which_to_ask_again(
    receiver: Receiver,
) -> None:
    receiver.topic.down = True
    unknown = await receiver.order()
    order_id = (await problem_of(unknown))["order_id"]
    assert_names_order(unknown, await problem_of(unknown), order_id)
    assert list(receiver.table.orders) == [order_id]
    receiver.topic.down = False
    assert (await receiver.client.get(unknown.headers["Location"])).status == 200
    again = await receiver.order(order_id=order_id)
    assert again.status == 202
    assert receiver.events == [f"stored {order_id}", f"announced {order_id}"]


async def test_an_insert_without_an_answer_is_repeated_under_the_id_it_was_told(
    receiver: Receiver,
) -> None:
    receiver.table.down = True
    unknown = await receiver.order()
    order_id = (await problem_of(unknown))["order_id"]
    receiver.table.down = False
    again = await receiver.order(order_id=order_id)
    assert (again.status, again.headers["Location"]) == (202, unknown.headers["Location"])


async def test_a_header_keys_order_is_named_by_its_id(receiver: Receiver) -> None:
    receiver.topic.down = True
    body = msgspec.json.encode(order_with())
    unknown = await receiver.post(body, **{"Idempotency-Key": "key-1"})
    assert_names_order(unknown, await problem_of(unknown), *receiver.table.orders)


async def test_many_repeats_at_a_time_share_one_insert_one_announcement_and_one_answer(
    receiver: Receiver,
) -> None:
    accept = receiver.app[ASYNC_ORDERS].accept
    other = order_request(order_id="a-1", customer_id=124)
    accepting = [accept(order_request(order_id="a-1")) for _ in range(1000)]
    results = await asyncio.gather(*accepting, accept(other), return_exceptions=True)
    assert all(each is results[0] for each in results[:-1])
    assert isinstance(results[-1], ContentConflict)
    assert receiver.events == ["stored a-1", "announced a-1"]


async def test_repeats_of_an_order_under_way_need_no_place_of_their_own() -> None:
    async with running_receiver(max_in_flight=1) as receiver:
        accept = receiver.app[ASYNC_ORDERS].accept
        request = order_request(order_id="a-1")
        assert len(await asyncio.gather(*(accept(request) for _ in range(5)))) == 5


async def test_the_repeat_of_an_order_that_was_not_announced_announces_it(
    receiver: Receiver,
) -> None:
    receiver.topic.down = True
    await receiver.order(order_id="a-1")
    receiver.topic.down = False
    response = await receiver.order(order_id="a-1")
    assert response.status == 202
    assert receiver.events == ["stored a-1", "announced a-1"]


@pytest.mark.parametrize("path", ["/orders/sync", "/orders/async"])
@pytest.mark.parametrize(
    "items",
    [[{"product_id": 1, "quantity": 2}], [{"product_id": "1", "quantity": 2, "price": 25.0}]],
    ids=["plain", "priced"],
)
async def test_a_stored_order_needs_no_catalogue_to_be_repeated_looked_at_or_listed(
    receiver: Receiver, items: list[dict[str, Any]], path: str
) -> None:
    first = await receiver.order(order_id="a-1", items=items)
    receiver.catalogue.current = Catalogue([])
    again = await receiver.order(path, order_id="a-1", items=items)
    assert again.status in {200, 202}
    told, shown = await again.json(), await receiver.client.get("/orders/a-1")
    assert await shown.json() == told
    assert told["total_cents"] == (await first.json())["total_cents"] == 5000
    listed = await receiver.client.get(f"/orders?status={told['status']}")
    assert (await listed.json())["orders"] == [told]
    other = await receiver.order(path, order_id="a-1", items=items, customer_id=124)
    assert (await problem_of(other))["rule"] == "was used for an order with other content"


async def test_the_repeat_of_a_claimed_order_is_answered_and_not_announced(
    receiver: Receiver,
) -> None:
    await receiver.order(order_id="a-1")
    done = msgspec.structs.replace(receiver.table.orders["a-1"], status=OrderStatus.COMPLETED)
    receiver.table.orders["a-1"] = done
    response = await receiver.order(order_id="a-1")
    assert response.status == 202
    assert (await response.json())["status"] == "COMPLETED"
    assert receiver.events.count("announced a-1") == 1


async def test_one_order_too_many_is_turned_away_at_once_and_not_stored() -> None:
    async with running_receiver(max_in_flight=2) as receiver:
        receiver.topic.open.clear()
        under_way = [asyncio.create_task(receiver.order(order_id=f"a-{n}")) for n in (1, 2)]
        await eventually(lambda: len(receiver.table.orders) == 2)
        refused = await receiver.order(order_id="a-3")
        assert refused.status == 503
        assert refused.headers["Retry-After"] == "1"
        problem = await problem_of(refused)
        assert problem["type"].endswith(":overloaded")
        assert "order_id" not in problem
        assert "Location" not in refused.headers
        assert "a-3" not in receiver.table.orders
        receiver.topic.open.set()
        assert [answer.status for answer in await asyncio.gather(*under_way)] == [202, 202]
        assert (await receiver.order(order_id="a-3")).status == 202


async def test_an_order_goes_on_when_its_client_has_left(receiver: Receiver) -> None:
    receiver.topic.open.clear()
    asking = asyncio.create_task(receiver.order(order_id="a-1"))
    await eventually(lambda: "stored a-1" in receiver.events)
    asking.cancel()
    await asyncio.sleep(0.02)
    receiver.topic.open.set()
    await eventually(lambda: "announced a-1" in receiver.events)


async def test_async_orders_do_not_exist_in_the_sync_topology(sync_receiver: Receiver) -> None:
    response = await sync_receiver.order("/orders/async", order_id="a-1")
    assert response.status == 404
    assert "sync topology" in (await problem_of(response))["detail"]
    assert sync_receiver.table.orders == {}
