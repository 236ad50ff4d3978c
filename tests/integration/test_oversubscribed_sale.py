"""A hundred units and a thousand buyers at once, on each topology as it is deployed."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from engine.deployment import Deployment, deploy
from lab.measure.backlog import TableBacklog
from lab.measure.drain import wait_for_drain
from lab.measure.ledgers import read_ledgers
from lab.measure.machine import with_free_ports
from lab.topologies import GATEWAY
from terminal.project import ROOT
from tests.support.customers import customers_of

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]

UNITS = 100
BUYERS = 1000
HOT = "SKU-LIMITED"
PRICE_CENTS = 4999
SETTLING_SECONDS = 150
CONFIG = {
    "paymentSeconds": "0",
    # In sync, all of them are in the shop at once: a few at the till, the others in the queue.
    "paymentConcurrency": "50",
    "maxPending": str(BUYERS),
    "processorConcurrency": "200",
    # The open poll ends in this time when the processor stops.
    "drainSeconds": "3",
}


def address_of(deployment: Deployment) -> dict[str, str]:
    outputs = deployment.outputs
    return {"url": outputs["api_url"], "api_key": outputs.get("apiKey", "")}


def put_on_the_shelf(deployment: Deployment, units: int) -> None:
    deployment.client("dynamodb").update_item(
        TableName=deployment.outputs["products_table"],
        Key={"productId": {"S": HOT}},
        UpdateExpression="SET stock = :units",
        ExpressionAttributeValues={":units": {"N": str(units)}},
    )


# The shop is full at once; what the gateway's plan is for, other tests show.
GATEWAY_CONFIG = {
    **GATEWAY.config,
    "apiRatePerSecond": "10000",
    "apiBurst": "5000",
}


@pytest.mark.parametrize(
    ("topology", "more"),
    [
        ("sync", {}),
        ("async", {}),
        ("serverless", {}),
        pytest.param("serverless", GATEWAY_CONFIG, id="gateway"),
        pytest.param("serverless", {**GATEWAY_CONFIG, "workflow": "stateMachine"}, id="workflow"),
    ],
)
async def test_exactly_the_units_there_are_are_sold_and_nobody_else_pays(
    tmp_path: Path, topology: str, more: dict[str, str]
) -> None:
    with deploy(
        topology, project=ROOT, config=with_free_ports({**CONFIG, **more}), run_dir=tmp_path
    ) as deployment:
        put_on_the_shelf(deployment, UNITS)
        async with customers_of(**address_of(deployment)) as customers:
            orders = [customers.new_order() for _ in range(BUYERS)]
            await customers.insist_all(orders, HOT)
        dynamodb = deployment.client("dynamodb")
        backlog = TableBacklog(dynamodb, deployment.outputs["orders_table"])
        assert wait_for_drain([backlog], limit_seconds=SETTLING_SECONDS, check=deployment.check)
        books = read_ledgers(dynamodb, deployment.outputs)

    outcomes = Counter((order.status, order.failure_reason) for order in books.orders.values())
    assert outcomes == {("COMPLETED", None): UNITS, ("FAILED", "OUT_OF_STOCK"): BUYERS - UNITS}
    assert books.orders.keys() == set(orders)
    assert books.stock[HOT] == 0
    sold = {each.order_id for each in books.orders.values() if each.status == "COMPLETED"}
    kept = Counter(each.order_id for each in books.payments if each.status == "CHARGED")
    assert kept == dict.fromkeys(sold, 1)
    assert {each.amount_cents for each in books.payments} == {PRICE_CENTS}
    returned = [each for each in books.payments if each.order_id not in sold]
    assert {each.status for each in returned} <= {"REFUNDED"}
