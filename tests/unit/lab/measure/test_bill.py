from __future__ import annotations

import pytest

from lab.measure.bill import Usage, bill, write_units
from lab.measure.prices import price_list
from lab.results.bill import Bill
from tests.unit.lab.simulated import CONFIG

PLAIN = Usage(api_calls={}, products=1.0, log_bytes=0.0)


def dollars(month: Bill, item: str) -> float:
    return sum(line.dollars for line in (*month.per_order, *month.always_on) if line.item == item)


def quantity(month: Bill, item: str) -> float:
    return sum(line.quantity for line in (*month.per_order, *month.always_on) if line.item == item)


@pytest.mark.parametrize("topology", ["sync", "async", "serverless"])
def test_load_balancer_and_nat_gateway_are_due_in_every_topology(topology: str) -> None:
    month = bill(topology, CONFIG, PLAIN)
    assert dollars(month, "Load balancer") == pytest.approx(0.0225 * 730)
    assert dollars(month, "NAT gateway") == pytest.approx(0.045 * 730)
    assert month.always_on_dollars > 60


def test_async_runs_one_task_more_than_serverless_which_pays_by_the_second() -> None:
    queued, serverless = bill("async", CONFIG, PLAIN), bill("serverless", CONFIG, PLAIN)
    task = (0.25 * 0.03238 + 0.5 * 0.00356) * 730
    assert queued.always_on_dollars - serverless.always_on_dollars == pytest.approx(task)
    assert dollars(serverless, "Lambda compute") == pytest.approx(3.1 * 0.5 * 13.3334, rel=1e-6)
    assert dollars(queued, "Lambda compute") == 0


def test_memory_architecture_and_number_of_tasks_change_the_bill() -> None:
    intel = CONFIG | {"architecture": "x86_64", "lambdaMemoryMb": "1024", "receiverTasks": "3"}
    month = bill("serverless", intel, PLAIN)
    assert dollars(month, "Lambda compute") == pytest.approx(3.1 * 16.6667, rel=1e-6)
    assert quantity(month, "3 Fargate tasks, memory") == 3 * 0.5 * 730


def test_one_order_of_one_product_writes_twelve_units() -> None:
    """Insert 1, claim 1, charge 1, completion of two items in a transaction 4, index 5."""
    assert write_units(PLAIN) == 12


def test_more_products_and_repeated_steps_write_more() -> None:
    repeated = Usage({"dynamodb:TransactWriteItems": 1.5}, products=2.0, log_bytes=0.0)
    assert write_units(repeated) == 3 + 1.5 * 2 * 3 + 5


def test_requests_are_billed_as_measured() -> None:
    calls = {"sns:PublishBatch": 0.25, "sqs:ReceiveMessage": 0.5, "sqs:DeleteMessageBatch": 0.2}
    month = bill("async", CONFIG, Usage(calls, products=1.0, log_bytes=1_000.0))
    assert dollars(month, "SNS publishes") == pytest.approx(0.25 * 0.50)
    assert quantity(month, "SQS requests") == pytest.approx(1_700_000)
    assert dollars(month, "Log ingestion") == pytest.approx(0.50)
    assert quantity(month, "NAT traffic") == pytest.approx(0.95 * 4)


def test_a_functions_requests_do_not_pass_the_nat_gateway() -> None:
    usage = Usage({"dynamodb:UpdateItem": 1.0, "sns:PublishBatch": 1.0}, 1.0, 0.0)
    assert quantity(bill("serverless", CONFIG, usage), "NAT traffic") == pytest.approx(4)
    assert quantity(bill("sync", CONFIG, usage), "NAT traffic") == pytest.approx(8)


def test_the_bill_is_what_grows_with_the_orders_plus_what_is_always_on() -> None:
    month = bill("sync", CONFIG, PLAIN)
    assert month.dollars == pytest.approx(month.per_order_dollars + month.always_on_dollars)
    assert all(
        line.dollars == pytest.approx(line.quantity * line.unit_price) for line in month.per_order
    )


def test_each_price_says_where_it_is_listed() -> None:
    prices = price_list()
    assert prices.region == "us-west-2"
    assert all(price.dollars > 0 and "pricing" in price.source for price in prices.prices.values())
