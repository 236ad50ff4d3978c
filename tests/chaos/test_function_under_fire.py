"""Environments of the function are killed in the midst of payments; a retry settles the order."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from engine.deployment import deploy
from lab.measure.backlog import TableBacklog
from lab.measure.ledgers import CHARGED, COMPLETED, read_ledgers
from lab.measure.machine import with_free_ports
from terminal.project import ROOT
from tests.support.customers import customers_of
from tests.support.queue_shop import until

pytestmark = [pytest.mark.chaos, pytest.mark.integration]

ORDERS = 20
CONFIG = {"paymentSeconds": "3", "leaseSeconds": "9"}
# As on AWS, where it is a minute for both: the retry comes after the lease of the dead.
FIRST_RETRY_SECONDS = 10.0


def environments() -> list[psutil.Process]:
    """The running environments: what the function's fork server has forked."""
    servers = [
        each for each in psutil.Process().children() if "fork_server.py" in " ".join(each.cmdline())
    ]
    return [child for server in servers for child in server.children()]


async def test_kill_minus_9_of_every_environment(tmp_path: Path) -> None:
    with deploy(
        "serverless",
        project=ROOT,
        config=with_free_ports(CONFIG),
        run_dir=tmp_path,
        first_retry_seconds=FIRST_RETRY_SECONDS,
    ) as deployment:
        async with customers_of(deployment.outputs["api_url"]) as customers:
            orders = [customers.new_order() for _ in range(ORDERS)]
            await customers.insist_all(orders)
        dynamodb = deployment.client("dynamodb")
        backlog = TableBacklog(dynamodb, deployment.outputs["orders_table"])
        until(lambda: backlog.read().in_work >= 2)
        for environment in environments():
            environment.kill()
        killed = [
            order_id
            for order_id, order in read_ledgers(dynamodb, deployment.outputs).orders.items()
            if not order.settled
        ]
        until(lambda: backlog.read().total == 0, seconds=90)
        books = read_ledgers(dynamodb, deployment.outputs)
    assert killed
    assert {order_id: books.orders[order_id].status for order_id in orders} == dict.fromkeys(
        orders, COMPLETED
    )
    assert sorted(each.order_id for each in books.payments) == sorted(orders)
    assert {each.status for each in books.payments} == {CHARGED}
