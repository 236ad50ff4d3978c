"""What the measured way of working costs on AWS.

`dollars_per_million_orders` is the bill of a month with exactly one million orders: what they use,
at the measured number of requests each, plus a month of everything that runs without any order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lab.measure.logs import NOTHING_LOGGED, LogUsage
from lab.measure.prices import SECONDS_PER_HOUR, PriceList, Traffic, capacity_unit_hours, price_list
from lab.results.model import Bill, BillLine
from lab.topologies import PaidBy, named

ORDERS = 1_000_000
HOURS_PER_MONTH = 730
TASK_VCPUS = 0.25
TASK_GB = 0.5
# Two for the load balancer's zones, one for the NAT gateway.
PUBLIC_ADDRESSES = 3
BYTES_PER_GB = 1e9
NAT_BYTES_PER_CALL = 4_000
FUNCTION_OVERHEAD_SECONDS = 0.1
# Lambda's own lines around an invocation: START, END and REPORT.
FUNCTION_LOG_BYTES = 350
HTTP_HEADER_BYTES = 1_000
# The processor's, which logs one line of metrics in that time.
METRICS_SECONDS = 60
PAYING_FUNCTION = "order-processing-orders"
TASKS = "order-workflow-"
PAYING_TASK = f"{TASKS}charge-order"
QUICK_FUNCTION_SECONDS = 0.05
ACCESS_LOG_BYTES = 400

ASSUMPTIONS = (
    "On-demand list prices without free tiers, discounts, taxes, and traffic to the internet.",
    "Two zones, one load balancer and one NAT gateway, idle or not; gateway has neither.",
    "A write costs a unit for each kilobyte of the stored order, two in a transaction.",
    "A cancelled transaction costs as much as one that was written; DynamoDB says so.",
    "The status index costs one write for the insert and two for each change of status.",
    "Orders that are completed together share the write of a product; each is billed its own.",
    f"A request to SNS or SQS carries {NAT_BYTES_PER_CALL / 1000:g} KB through the NAT gateway.",
    "The tasks' log lines pass it too; DynamoDB is reached by a gateway endpoint, which is free.",
    "The function is outside the VPC: its requests do not pass the NAT gateway.",
    f"A function runs {FUNCTION_OVERHEAD_SECONDS:g} s longer than its payment.",
    f"One that pays nothing runs {QUICK_FUNCTION_SECONDS:g} s.",
    "Behind API Gateway orders of a batch share one run, as many as did in the sale.",
    f"API Gateway logs {ACCESS_LOG_BYTES} bytes of each request.",
    "Environments start as often an order as in the sale; Lambda bills a start like a run.",
    "A start takes the CPU time of importing the handler here: Lambda gives starts a whole vCPU.",
    "The load balancer bills new connections, open connections or bytes, whichever is most.",
    "Each order opens a connection, open for the answer and then until the idle timeout.",
    f"Its request and answer carry the order and {HTTP_HEADER_BYTES / 1000:g} KB of headers.",
    "Each metric that the sale brought forth is published all month, one line a minute and task.",
    "SNS's delivery into the queue counts as an SQS request.",
    "Requests are as many as measured in the sale: batches fill better in a rush than at midnight.",
    "Left out as small: table storage and backups, image storage, idle long polls, key requests.",
    "Left out as small, too: what the receivers read of the catalogue every few seconds.",
)


@dataclass(frozen=True)
class Usage:
    """What one order used, as measured: means over a sale.

    `environments` is how many of the function's started for it; `order_bytes` its size as stored;
    `invocations` counts those of each function.
    """

    api_calls: Mapping[str, float]
    write_units: float
    read_units: float
    order_bytes: float
    answer_seconds: float
    environments: float = 0.0
    logged: LogUsage = NOTHING_LOGGED
    invocations: Mapping[str, float] = field(default_factory=dict)

    def requests(self, service: str) -> float:
        """Return the requests to one service."""
        prefix = f"{service}:"
        return sum(n for action, n in self.api_calls.items() if action.startswith(prefix))


def bill(topology: str, config: Mapping[str, str], usage: Usage) -> Bill:
    """Return the bill of a month with one million orders."""
    prices, paid_by = price_list(), named(topology).paid_by
    if paid_by is PaidBy.BATCHES:
        per_order, always_on = _without_servers(config, usage), []
    else:
        per_order = _per_order(paid_by, config, usage)
        always_on = _always_on(paid_by, config, usage.logged)
    return Bill(
        orders=ORDERS,
        per_order=[
            _line(prices, item, price, quantity * ORDERS) for item, price, quantity in per_order
        ],
        always_on=[_line(prices, item, price, quantity) for item, price, quantity in always_on],
    )


def _line(prices: PriceList, item: str, price: str, quantity: float) -> BillLine:
    listed = prices.prices[price]
    return BillLine(
        item=item,
        quantity=quantity,
        unit=listed.unit,
        unit_price=listed.dollars,
        dollars=quantity * listed.dollars,
    )


def _per_order(
    paid_by: PaidBy | None, config: Mapping[str, str], usage: Usage
) -> list[tuple[str, str, float]]:
    invocations = 1.0 if paid_by is PaidBy.FUNCTION else 0.0
    delivery = 1.0 if paid_by is PaidBy.PROCESSOR else 0.0
    queued, published = usage.requests("sqs"), usage.requests("sns")
    task_log_bytes = usage.logged.task_bytes_per_order
    log_bytes = task_log_bytes + usage.logged.function_bytes_per_order
    nat_bytes = (queued + published) * NAT_BYTES_PER_CALL + task_log_bytes
    traffic = _traffic(config, usage)
    return [
        ("DynamoDB writes", "dynamodb_write", usage.write_units),
        ("DynamoDB reads", "dynamodb_read", usage.read_units),
        ("SNS publishes", "sns_publish", published),
        ("SQS requests", "sqs_request", queued + delivery),
        ("Lambda requests", "lambda_request", invocations),
        *_function_seconds(config, invocations, usage),
        ("Load balancer use", "load_balancer_capacity_unit_hour", capacity_unit_hours(traffic)),
        ("NAT traffic", "nat_gateway_gb", nat_bytes / BYTES_PER_GB),
        (
            "Log ingestion",
            "logs_gb",
            (log_bytes + invocations * FUNCTION_LOG_BYTES) / BYTES_PER_GB,
        ),
    ]


def _without_servers(config: Mapping[str, str], usage: Usage) -> list[tuple[str, str, float]]:
    """Return what an order costs behind API Gateway: nothing runs, and is paid for, without one."""
    invocations = sum(usage.invocations.values())
    by_batch = usage.invocations.get(PAYING_FUNCTION, 0.0)
    paying = by_batch + usage.invocations.get(PAYING_TASK, 0.0)
    tasks = sum(n for name, n in usage.invocations.items() if name.startswith(TASKS))
    pay_seconds = float(config["paymentSeconds"]) + FUNCTION_OVERHEAD_SECONDS
    seconds = paying * pay_seconds + (invocations - paying) * QUICK_FUNCTION_SECONDS
    log_bytes = usage.logged.function_bytes_per_order + invocations * FUNCTION_LOG_BYTES
    return [
        ("API Gateway requests", "api_gateway_request", 1.0),
        ("DynamoDB writes", "dynamodb_write", usage.write_units),
        ("DynamoDB reads", "dynamodb_read", usage.read_units),
        ("SNS publishes", "sns_publish", usage.requests("sns")),
        # Lambda receives a batch and deletes it in the queue's owner's name.
        ("SQS requests", "sqs_request", usage.requests("sqs") + 2 * by_batch),
        ("Step Functions transitions", "states_transition", _transitions(tasks)),
        ("Lambda requests", "lambda_request", invocations),
        *_compute(config, seconds, usage),
        ("Log ingestion", "logs_gb", (log_bytes + ACCESS_LOG_BYTES) / BYTES_PER_GB),
    ]


def _transitions(tasks: float) -> float:
    """Return the states that an order of so many tasks enters: two choices and the end, too."""
    return tasks + 3 if tasks else 0.0


def _function_seconds(
    config: Mapping[str, str], invocations: float, usage: Usage
) -> list[tuple[str, str, float]]:
    """Return what runs and starts of the function cost: both by memory and time.

    Starts are billed like runs since August 2025:
    https://aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase/
    """
    seconds = invocations * (float(config["paymentSeconds"]) + FUNCTION_OVERHEAD_SECONDS)
    return _compute(config, seconds, usage)


def _compute(
    config: Mapping[str, str], run_seconds: float, usage: Usage
) -> list[tuple[str, str, float]]:
    price = f"lambda_gb_second_{config['architecture']}"
    memory_gb = int(config["lambdaMemoryMb"]) / 1024
    start_seconds = usage.environments * usage.logged.init_cpu_seconds
    return [
        ("Lambda compute", price, run_seconds * memory_gb),
        ("Lambda starts", price, start_seconds * memory_gb),
    ]


def _traffic(config: Mapping[str, str], usage: Usage) -> Traffic:
    """Return what an order brings to the load balancer.

    While its answer is due it holds two connections, the customer's and the one to the task;
    the customer's stays open until the idle timeout closes it, tasks' are used again.
    """
    idle_seconds = float(config["loadBalancerIdleTimeoutSeconds"])
    return Traffic(
        connections=1.0,
        connected_seconds=2 * usage.answer_seconds + idle_seconds,
        http_bytes=HTTP_HEADER_BYTES + 2 * usage.order_bytes,
    )


def _always_on(
    paid_by: PaidBy | None, config: Mapping[str, str], logged: LogUsage
) -> list[tuple[str, str, float]]:
    processors = int(config["processorTasks"]) if paid_by is PaidBy.PROCESSOR else 0
    tasks = int(config["receiverTasks"]) + processors
    name = f"{tasks} Fargate task{'s' if tasks > 1 else ''}"
    architecture = config["architecture"]
    task_hours = tasks * HOURS_PER_MONTH
    metrics_lines = processors * HOURS_PER_MONTH * SECONDS_PER_HOUR / METRICS_SECONDS
    metrics_gb = metrics_lines * logged.metrics_line_bytes / BYTES_PER_GB
    return [
        (f"{name}, processor", f"fargate_vcpu_hour_{architecture}", TASK_VCPUS * task_hours),
        (f"{name}, memory", f"fargate_gb_hour_{architecture}", TASK_GB * task_hours),
        ("Load balancer", "load_balancer_hour", HOURS_PER_MONTH),
        ("NAT gateway", "nat_gateway_hour", HOURS_PER_MONTH),
        (
            f"{PUBLIC_ADDRESSES} public IPv4 addresses",
            "public_ipv4_hour",
            PUBLIC_ADDRESSES * HOURS_PER_MONTH,
        ),
        ("Custom metrics", "custom_metric_month", logged.custom_metrics),
        ("Log ingestion of metrics", "logs_gb", metrics_gb),
    ]
