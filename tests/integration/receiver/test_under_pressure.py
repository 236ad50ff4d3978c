"""The receiver as a process on the emulator: many at once, much at once, and leaving early."""

from __future__ import annotations

import asyncio
import json
import socket
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import aiohttp
import psutil
import pytest

from api.intake import MAX_BODY_BYTES
from receiver.settings import Settings
from tests.integration.receiver.breakable_wire import BreakableWire
from tests.integration.receiver.process import Answer, ReceiverProcess
from tests.support.customers import ACCEPTED, COME_AGAIN, PATIENCE_SECONDS, customers_of
from tests.support.queue_shop import until

pytestmark = pytest.mark.integration

Start = Callable[..., ReceiverProcess]
Client = Callable[[str], Any]

PLACES = Settings.max_in_flight
TOO_MANY = 50
REPEATS = 1000
GROWTH_BYTES = 64 * 1024 * 1024
PRODUCT = "SKU-001"


@pytest.fixture
def wire(resources: Mapping[str, str]) -> Iterator[BreakableWire]:
    """What lies between the receiver and the emulator."""
    port = int(resources["AWS_ENDPOINT_URL"].rpartition(":")[2])
    with BreakableWire(port).running() as wire:
        yield wire


def stored(client: Client, resources: Mapping[str, str]) -> dict[str, Any]:
    pages = client("dynamodb").get_paginator("scan").paginate(TableName=resources["ORDERS_TABLE"])
    return {item["orderId"]["S"]: item for page in pages for item in page["Items"]}


def queued(client: Client, resources: Mapping[str, str]) -> int:
    sqs = client("sqs")
    url = sqs.get_queue_url(QueueName=resources["SNS_TOPIC_ARN"].rpartition(":")[2])["QueueUrl"]
    names = ["ApproximateNumberOfMessages"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return int(found[names[0]])


def largest_order() -> bytes:
    """As many lines as an order may have, in a body as long as it may be."""
    items = [{"product_id": PRODUCT, "quantity": 1000}] * 100
    body = json.dumps({"customer_id": "c" * 128, "items": items}).encode()
    return body + b" " * (MAX_BODY_BYTES - len(body))


async def test_orders_of_64_kib_at_once_are_all_accepted(
    process: Start, client: Client, resources: Mapping[str, str]
) -> None:
    receiver = process()
    body = largest_order()
    async with customers_of(f"http://127.0.0.1:{receiver.port}") as customers:
        assert set(await asyncio.gather(*(customers.send(body) for _ in range(60)))) == {202}
    assert {len(json.loads(item["lines"]["S"])) for item in stored(client, resources).values()} == {
        100
    }
    assert len(stored(client, resources)) == queued(client, resources) == 60


async def test_when_aws_stands_still_the_receiver_fills_up_and_turns_others_away_at_once(
    process: Start, wire: BreakableWire, client: Client, resources: Mapping[str, str]
) -> None:
    """Whoever is in is answered after bounded retries, and everybody who comes again gets in."""
    receiver = process(AWS_ENDPOINT_URL=f"http://127.0.0.1:{wire.port}")
    memory = psutil.Process(receiver.popen.pid).memory_info
    size = memory().rss
    wire.hold(b"BatchExecuteStatement")
    async with customers_of(f"http://127.0.0.1:{receiver.port}") as customers:
        orders = [customers.new_order() for _ in range(PLACES + TOO_MANY)]
        asking = [asyncio.create_task(customers.try_once(each, PRODUCT)) for each in orders]
        await asyncio.to_thread(until, lambda: customers.turned_away[503] >= TOO_MANY)
        assert sum(each.done() for each in asking) == TOO_MANY
        assert memory().rss - size < GROWTH_BYTES
        wire.release()
        assert set(await asyncio.gather(*asking)) <= {ACCEPTED, COME_AGAIN}
        await customers.insist_all(orders, PRODUCT)
    assert stored(client, resources).keys() == set(orders)
    assert queued(client, resources) >= len(orders)
    assert memory().rss - size < GROWTH_BYTES


def test_one_idempotency_key_many_times_at_once_is_one_order_and_one_payment(
    process: Start, client: Client, resources: Mapping[str, str]
) -> None:
    receiver = process()
    order = {"customer_id": 1, "items": [{"product_id": PRODUCT, "quantity": 1}]}

    def ask(_: int) -> Answer:
        return receiver.request("POST", "/orders/sync", order, **{"Idempotency-Key": "one"})

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(ask, range(10)))
    assert {answer.status for answer in answers} == {200}
    assert len({answer.body for answer in answers}) == 1
    assert len(stored(client, resources)) == 1
    assert client("dynamodb").scan(TableName=resources["PAYMENTS_TABLE"])["Count"] == 1


async def test_one_key_a_thousand_times_on_both_routes_of_two_receivers_is_one_order_and_payment(
    process: Start, client: Client, resources: Mapping[str, str]
) -> None:
    receivers = [process(MAX_PENDING="0") for _ in range(2)]
    headers = {"Idempotency-Key": "one"}
    order = {"customer_id": 1, "items": [{"product_id": PRODUCT, "quantity": 1}]}
    timeout = aiohttp.ClientTimeout(total=PATIENCE_SECONDS)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:

        async def ask(number: int) -> tuple[int, str]:
            port = receivers[number % 2].port
            url = f"http://127.0.0.1:{port}/orders/{('sync', 'async')[number // 2 % 2]}"
            body = {**order, "customer_id": 2} if number >= REPEATS else order
            async with session.post(url, json=body, headers=headers) as response:
                return response.status, (await response.json())["order_id"]

        answers = await asyncio.gather(*(ask(number) for number in range(REPEATS + 4)))
    assert Counter(status for status, _ in answers) == {
        200: len(answers) / 2,
        202: len(answers) / 2,
    }
    ids = {order_id for _, order_id in answers[:REPEATS]}
    assert len(ids) == 1
    others = {order_id for _, order_id in answers[REPEATS:]}
    assert len(others) == 1
    assert stored(client, resources).keys() == ids | others
    assert client("dynamodb").scan(TableName=resources["PAYMENTS_TABLE"])["Count"] == 2


def test_a_client_that_hangs_up_in_the_middle_of_its_payment_has_ordered_and_paid_once(
    process: Start, client: Client, resources: Mapping[str, str]
) -> None:
    receiver = process(PAYMENT_SECONDS="0.5")
    order = {
        "order_id": "left",
        "customer_id": 1,
        "items": [{"product_id": PRODUCT, "quantity": 1}],
    }
    body = json.dumps(order).encode()
    head = f"POST /orders/sync HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
    with socket.create_connection(("127.0.0.1", receiver.port)) as connection:
        connection.sendall(head.encode() + b"Content-Type: application/json\r\n\r\n" + body)
        until(lambda: status_of(receiver) == "PROCESSING")
    until(lambda: status_of(receiver) == "COMPLETED")
    assert receiver.request("POST", "/orders/sync", order).json()["status"] == "COMPLETED"
    (payment,) = client("dynamodb").scan(TableName=resources["PAYMENTS_TABLE"])["Items"]
    assert payment["status"] == {"S": "CHARGED"}


def status_of(receiver: ReceiverProcess) -> Any:
    return receiver.request("GET", "/orders/left").json().get("status")


async def test_a_stop_answers_who_is_in_and_loses_nothing_that_it_accepted(
    process: Start, client: Client, resources: Mapping[str, str]
) -> None:
    receiver = process()
    async with customers_of(f"http://127.0.0.1:{receiver.port}") as customers:
        orders = [customers.new_order() for _ in range(300)]
        asking = [asyncio.create_task(customers.try_once(each, PRODUCT)) for each in orders]
        await asyncio.to_thread(until, lambda: customers.accepted)
        receiver.popen.terminate()
        await asyncio.gather(*asking)
    assert receiver.exit_code() == 0
    assert customers.accepted.keys() <= stored(client, resources).keys()
    assert queued(client, resources) >= len(customers.accepted)
