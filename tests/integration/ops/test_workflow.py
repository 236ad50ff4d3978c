"""Recovery after failures where a state machine fulfils the orders, while the stack is up."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lab.topologies import GATEWAY
from tests.integration.ops.conftest import deployed
from tests.integration.ops.test_gateway import QUICK, relay_switched_off
from tests.integration.ops.ward import Commands, Ward
from tests.support.queue_shop import until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    config = {**QUICK, **GATEWAY.config, "workflow": "stateMachine"}
    with deployed(GATEWAY.deployed_as, tmp_path_factory.mktemp("workflow"), config) as ward:
        yield ward


def test_an_order_is_fulfilled_by_an_execution_of_its_name(ward: Ward) -> None:
    (order,) = ward.put_orders(1)
    until(lambda: ward.statuses([order]) == {"COMPLETED": 1})
    machine = ward.outputs["state_machine_arn"]
    arn = machine.replace(":stateMachine:", ":execution:") + f":{order}"
    states = ward.stack.client("stepfunctions")
    until(lambda: states.describe_execution(executionArn=arn)["status"] == "SUCCEEDED")


def test_orders_whose_workflow_never_began_or_died_get_a_new_one(ward: Ward, lab: Commands) -> None:
    stock = ward.stock()
    with relay_switched_off(ward):
        orders = ward.put_orders(3) + ward.put_orders(2, leased_until=-3600)
        code, told = lab("reconcile")
        assert code == 0
        assert len(told["orders"]) == 5
        ward.assert_paid_once(orders, stock)
        assert lab("reconcile")[1]["orders"] == []


def test_an_order_that_cannot_be_had_is_refunded(ward: Ward) -> None:
    product = "SKU-LIMITED"
    left = ward.stock(product)
    orders = ward.put_orders(left + 3, product=product)
    until(lambda: ward.statuses(orders) == {"COMPLETED": left, "FAILED": 3}, seconds=60)
    assert ward.stock(product) == 0
    charges = ward.charges()
    assert sum(charges[each] for each in orders) == left
