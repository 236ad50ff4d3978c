"""Behind API Gateway functions are killed in the midst of payments; each order is settled, told."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil
import pytest

from engine.deployment import deploy
from lab.measure.backlog import TableBacklog
from lab.measure.ledgers import CHARGED, COMPLETED, read_ledgers
from lab.measure.notifications import Told, told_when_settled
from lab.topologies import GATEWAY
from terminal.project import ROOT
from tests.support.customers import customers_of
from tests.support.queue_shop import until

pytestmark = [pytest.mark.chaos, pytest.mark.integration]

ORDERS = 30
QUICK = {
    "paymentSeconds": "2",
    "leaseSeconds": "8",
    "lambdaTimeoutSeconds": "8",
    "visibilityTimeoutSeconds": "48",
    "visibilityExtensionIntervalSeconds": "20",
}


def environments(name: str) -> list[psutil.Process]:
    """The environments of a function: what its fork server has forked."""
    servers = [each for each in psutil.Process().children() if name in " ".join(each.cmdline())]
    return [child for server in servers for child in server.children()]


@pytest.mark.parametrize(
    ("workflow", "paying"), [("queue", "order-processing-orders"), ("stateMachine", "charge-order")]
)
async def test_kill_minus_9_of_every_paying_environment(
    tmp_path: Path, workflow: str, paying: str
) -> None:
    config: Mapping[str, str] = {**QUICK, **GATEWAY.config, "workflow": workflow}
    with deploy(GATEWAY.deployed_as, project=ROOT, config=config, run_dir=tmp_path) as deployment:
        outputs = deployment.outputs
        async with customers_of(outputs["api_url"], outputs["apiKey"]) as customers:
            wanted = [customers.new_order() for _ in range(ORDERS)]
            await customers.insist_all(wanted)
        dynamodb: Any = deployment.client("dynamodb")
        backlog = TableBacklog(dynamodb, deployment.outputs["orders_table"])
        until(lambda: backlog.read().in_work >= ORDERS // 2)
        killed = environments(paying)
        assert killed
        for environment in killed:
            environment.kill()
        until(lambda: backlog.read().total == 0, seconds=120)
        books = read_ledgers(dynamodb, deployment.outputs)
        told = told_when_settled(deployment, books)
    assert {each.status for each in books.orders.values()} == {COMPLETED}
    assert sorted(each.order_id for each in books.payments) == sorted(wanted)
    assert {each.status for each in books.payments} == {CHARGED}
    assert told == {Told(order_id, COMPLETED) for order_id in wanted}
