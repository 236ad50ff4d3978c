from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.integration.receiver.process import ReceiverProcess

pytestmark = pytest.mark.integration

Start = Callable[..., ReceiverProcess]
Client = Callable[[str], Any]


def announced(client: Client, resources: Mapping[str, str]) -> list[str]:
    """The ids of the orders that wait in the queue behind the topic."""
    sqs = client("sqs")
    queue = resources["SNS_TOPIC_ARN"].rpartition(":")[2]
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    found: list[str] = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found += [json.loads(message["Body"])["order_id"] for message in messages]
    return found


def test_an_accepted_order_is_stored_announced_and_found(
    process: Start, client: Client, resources: Mapping[str, str]
) -> None:
    receiver = process()
    placed = receiver.order(order_id="a-1")
    assert placed.status == 202
    found = receiver.request("GET", placed.headers["Location"])
    assert found.json() == placed.json()
    assert announced(client, resources) == ["a-1"]


def test_many_orders_at_once_are_each_stored_and_announced_once_in_few_calls(
    process: Start, client: Client, resources: Mapping[str, str]
) -> None:
    receiver = process()
    ids = [f"a-{number}" for number in range(200)]
    with ThreadPoolExecutor(40) as pool:
        answers = list(pool.map(lambda each: receiver.order(order_id=each), ids))
    assert {answer.status for answer in answers} == {202}
    assert sorted(announced(client, resources)) == sorted(ids)
    assert all(receiver.request("GET", f"/orders/{each}").status == 200 for each in ids[::20])
    receiver.popen.terminate()
    assert receiver.exit_code() == 0
    calls = receiver.calls()
    assert calls["dynamodb:BatchExecuteStatement"] < 100
    assert calls["sns:PublishBatch"] < 100


def test_concurrent_orders_of_one_id_are_one_order_and_one_conflict(
    process: Start, resources: Mapping[str, str], client: Client
) -> None:
    receiver = process()
    with ThreadPoolExecutor(20) as pool:
        answers = list(
            pool.map(lambda n: receiver.order(order_id="a-1", customer_id=n // 19), range(20))
        )
    assert sorted(answer.status for answer in answers) in ([202] * 19 + [422], [202] + [422] * 19)
    scan = client("dynamodb").scan(TableName=resources["ORDERS_TABLE"])
    assert scan["Count"] == 1


def test_a_sync_order_is_paid_and_takes_its_stock_once(
    process: Start, client: Client, resources: Mapping[str, str]
) -> None:
    receiver = process(TOPOLOGY="sync", SNS_TOPIC_ARN="")
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: receiver.order(order_id="s-1"), range(4)))
    assert [answer.status for answer in answers] == [200] * 4
    assert len({answer.body for answer in answers}) == 1
    assert answers[0].json()["status"] == "COMPLETED"
    dynamodb = client("dynamodb")
    assert dynamodb.scan(TableName=resources["PAYMENTS_TABLE"])["Count"] == 1
    (product,) = dynamodb.scan(TableName=resources["PRODUCTS_TABLE"])["Items"]
    assert product["stock"]["N"] == "999999"


def test_an_order_beyond_the_stock_fails_and_says_so(
    process: Start, client: Client, resources: Mapping[str, str]
) -> None:
    client("dynamodb").update_item(
        TableName=resources["PRODUCTS_TABLE"],
        Key={"productId": {"S": "SKU-001"}},
        UpdateExpression="SET stock = :none",
        ExpressionAttributeValues={":none": {"N": "0"}},
    )
    answer = process().order("/orders/sync")
    assert answer.status == 200
    assert answer.json()["status"] == "FAILED"
    assert answer.json()["failure_reason"] == "OUT_OF_STOCK"


def test_orders_are_listed_newest_first_page_by_page(process: Start) -> None:
    receiver = process()
    for number in range(5):
        assert receiver.order(order_id=f"a-{number}").status == 202
    found: list[str] = []
    cursor = ""
    while True:
        page = receiver.request("GET", f"/orders?status=PENDING&limit=2{cursor}").json()
        found += [order["order_id"] for order in page["orders"]]
        if "next_cursor" not in page:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert found == [f"a-{number}" for number in (4, 3, 2, 1, 0)]


@pytest.mark.parametrize(
    "position", [b"", b"[]", b'["",""]', b'["a-1",""]', b'["a-1","x"]', b'{"a":1}', b"\xff"]
)
def test_a_made_up_cursor_is_422(process: Start, position: bytes) -> None:
    cursor = base64.urlsafe_b64encode(position).decode().rstrip("=")
    answer = process().request("GET", f"/orders?status=PENDING&cursor={cursor}")
    assert answer.status == 422
    assert answer.json()["field"] == "cursor"
