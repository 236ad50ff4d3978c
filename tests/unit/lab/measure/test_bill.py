"""Each line of the bill, worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lab.measure.bill import Usage, bill
from lab.measure.logs import LogUsage
from lab.measure.prices import price_list
from lab.results.model import Bill
from tests.unit.lab.simulated import CONFIG

PLAIN = Usage(
    api_calls={}, write_units=12.0, read_units=0.0, order_bytes=500.0, answer_seconds=0.01
)


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


def test_behind_a_gateway_nothing_is_due_without_an_order() -> None:
    month = bill("gateway", CONFIG, PLAIN)
    assert month.always_on == []
    assert dollars(month, "API Gateway requests") == pytest.approx(3.5)


def test_behind_a_gateway_the_orders_of_a_batch_share_one_run() -> None:
    invocations = {"order-processing-orders": 0.2, "create-order": 1.0, "outbox-relay": 0.3}
    calls = {"sqs:SendMessageBatch": 0.25, "sns:PublishBatch": 0.1}
    logged = LogUsage(function_bytes_per_order=1_000.0)
    used = replace(PLAIN, invocations=invocations, api_calls=calls, logged=logged)
    month = bill("gateway", CONFIG, used)
    gb_seconds = (0.2 * 3.1 + 1.3 * 0.05) * 0.5
    assert dollars(month, "Lambda compute") == pytest.approx(gb_seconds * 13.3334, rel=1e-6)
    assert dollars(month, "Lambda requests") == pytest.approx(1.5 * 0.20)
    assert dollars(month, "SQS requests") == pytest.approx((0.25 + 2 * 0.2) * 0.40)
    assert dollars(month, "SNS publishes") == pytest.approx(0.1 * 0.50)
    logged_gb = (1_000 + 1.5 * 350 + 400) / 1e9 * 1e6
    assert quantity(month, "Log ingestion") == pytest.approx(logged_gb)


def test_memory_architecture_and_number_of_tasks_change_the_bill() -> None:
    intel = CONFIG | {"architecture": "x86_64", "lambdaMemoryMb": "1024", "receiverTasks": "3"}
    month = bill("serverless", intel, PLAIN)
    assert dollars(month, "Lambda compute") == pytest.approx(3.1 * 16.6667, rel=1e-6)
    assert quantity(month, "3 Fargate tasks, memory") == 3 * 0.5 * 730


def test_table_units_are_billed_as_they_were_counted() -> None:
    month = bill("sync", CONFIG, replace(PLAIN, write_units=59.0, read_units=2.0))
    assert dollars(month, "DynamoDB writes") == pytest.approx(59 * 0.625)
    assert dollars(month, "DynamoDB reads") == pytest.approx(2 * 0.125)


def test_requests_are_billed_as_measured() -> None:
    calls = {"sns:PublishBatch": 0.25, "sqs:ReceiveMessage": 0.5, "sqs:DeleteMessageBatch": 0.2}
    logged = LogUsage(task_bytes_per_order=1_000.0)
    month = bill("async", CONFIG, replace(PLAIN, api_calls=calls, logged=logged))
    assert dollars(month, "SNS publishes") == pytest.approx(0.25 * 0.50)
    assert quantity(month, "SQS requests") == pytest.approx(1_700_000)
    assert dollars(month, "Log ingestion") == pytest.approx(0.50)
    assert quantity(month, "NAT traffic") == pytest.approx(0.95 * 4 + 1)


@pytest.mark.parametrize("topology", ["sync", "async", "serverless"])
def test_requests_to_tables_pass_a_gateway_endpoint_and_not_the_nat_gateway(topology: str) -> None:
    calls = {"dynamodb:UpdateItem": 5.0, "dynamodb:BatchExecuteStatement": 1.0}
    month = bill(topology, CONFIG, replace(PLAIN, api_calls=calls))
    assert quantity(month, "NAT traffic") == 0


def test_a_functions_log_is_ingested_with_lambdas_own_lines_and_passes_no_nat_gateway() -> None:
    logged = LogUsage(task_bytes_per_order=300.0, function_bytes_per_order=200.0)
    month = bill("serverless", CONFIG, replace(PLAIN, logged=logged))
    assert quantity(month, "Log ingestion") == pytest.approx(0.3 + 0.2 + 0.35)
    assert quantity(month, "NAT traffic") == pytest.approx(0.3)


def test_the_start_of_an_environment_is_billed_like_its_run() -> None:
    """A tenth of the orders finds no environment; its start takes 0.6 s at half a gigabyte."""
    usage = replace(PLAIN, environments=0.1, logged=LogUsage(init_cpu_seconds=0.6))
    month = bill("serverless", CONFIG, usage)
    assert quantity(month, "Lambda starts") == pytest.approx(30_000)
    assert dollars(month, "Lambda starts") == pytest.approx(0.4, rel=1e-4)
    assert dollars(bill("serverless", CONFIG, PLAIN), "Lambda starts") == 0


def test_the_load_balancer_bills_new_connections_until_something_else_is_more() -> None:
    """One new connection weighs as much as 120 s of being open, or 11.1 KB."""

    def units(answer_seconds: float = 0.0, order_bytes: float = 0.0, idle: str = "60") -> float:
        usage = replace(PLAIN, answer_seconds=answer_seconds, order_bytes=order_bytes)
        config = CONFIG | {"loadBalancerIdleTimeoutSeconds": idle}
        return quantity(bill("sync", config, usage), "Load balancer use")

    assert units() == pytest.approx(1e6 / 90_000)
    assert units(answer_seconds=30) == pytest.approx(1e6 / 90_000)
    assert units(answer_seconds=31) == pytest.approx(1e6 * 122 / 10_800_000)
    assert units(idle="600") == pytest.approx(1e6 * 600 / 10_800_000)
    assert units(order_bytes=5_000) == pytest.approx(1e6 / 90_000)
    assert units(order_bytes=6_000) == pytest.approx(13)


def test_metrics_cost_by_the_month_and_their_lines_by_the_minute() -> None:
    usage = replace(PLAIN, logged=LogUsage(custom_metrics=7, metrics_line_bytes=1_000.0))
    month = bill("async", CONFIG | {"processorTasks": "2"}, usage)
    assert dollars(month, "Custom metrics") == pytest.approx(2.10)
    assert quantity(month, "Log ingestion of metrics") == pytest.approx(2 * 43_800 * 1e-6)
    assert month.per_order == bill("async", CONFIG, PLAIN).per_order


def test_the_bill_is_what_grows_with_the_orders_plus_what_is_always_on() -> None:
    month = bill("sync", CONFIG, PLAIN)
    assert month.dollars == pytest.approx(month.per_order_dollars + month.always_on_dollars)
    assert all(
        line.dollars == pytest.approx(line.quantity * line.unit_price) for line in month.per_order
    )


def test_each_price_names_the_page_of_aws_that_lists_it() -> None:
    prices = price_list()
    assert (prices.region, prices.as_of) == ("us-west-2", "2026-11")
    for price in prices.prices.values():
        assert price.dollars > 0
        assert price.source.startswith("https://aws.amazon.com/")
        assert "/pricing/" in price.source


def test_every_line_of_a_bill_has_a_price_and_every_price_a_line() -> None:
    """In either architecture; a price that nothing is billed by would go stale unseen.

    Those of a function that is ready beforehand are in the table of cold starts instead.
    """
    units = {
        line.unit_price
        for architecture in ("arm64", "x86_64")
        for topology in ("serverless", "gateway")
        for month in [bill(topology, CONFIG | {"architecture": architecture}, PLAIN)]
        for line in (*month.per_order, *month.always_on)
    }
    ready = ("lambda_snapshot", "lambda_provisioned")
    listed = price_list().prices.items()
    assert units == {price.dollars for name, price in listed if not name.startswith(ready)}


def test_a_workflow_pays_for_each_state_that_it_enters() -> None:
    tasks = ("claim", "charge", "complete")
    invocations = {f"order-workflow-{task}-order": 1.0 for task in tasks}
    month = bill("gateway", CONFIG, replace(PLAIN, invocations=invocations))
    assert dollars(month, "Step Functions transitions") == pytest.approx(6 * 25)
    gb_seconds = (3.1 + 2 * 0.05) * 0.5
    assert dollars(month, "Lambda compute") == pytest.approx(gb_seconds * 13.3334, rel=1e-6)
