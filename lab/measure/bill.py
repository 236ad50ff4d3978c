"""What the measured way of working costs on AWS.

`dollars_per_million_orders` is the bill of a month with exactly one million orders: what they use,
at the measured number of requests each, plus a month of everything that runs without any order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lab.measure.prices import PriceList, price_list
from lab.results.bill import Bill, BillLine

ORDERS = 1_000_000
HOURS_PER_MONTH = 730
TASK_VCPUS = 0.25
TASK_GB = 0.5
# Two for the load balancer's zones, one for the NAT gateway.
PUBLIC_ADDRESSES = 3
BYTES_PER_GB = 1e9
# https://aws.amazon.com/elasticloadbalancing/pricing/: one unit takes 25 new connections a second.
CONNECTIONS_PER_CAPACITY_UNIT_HOUR = 25 * 3600
NAT_BYTES_PER_CALL = 4_000
FUNCTION_OVERHEAD_SECONDS = 0.1
FUNCTION_LOG_BYTES = 350
# The function is not in the VPC: what it calls does not pass the NAT gateway.
FUNCTION_ACTIONS = frozenset(
    f"dynamodb:{name}" for name in ("GetItem", "PutItem", "UpdateItem", "TransactWriteItems")
)
INDEX_WRITES = 1 + 2 + 2

ASSUMPTIONS = (
    "On-demand list prices without free tiers, discounts, taxes, and traffic to the internet.",
    "Two zones, one load balancer and one NAT gateway in every topology, idle or not.",
    "Items stay under 1 KB: one write unit each, two in a transaction.",
    "The status index costs one write for the insert and two for each change of status.",
    f"A request to AWS carries {NAT_BYTES_PER_CALL / 1000:g} KB through the NAT gateway.",
    "The function is outside the VPC: its requests do not pass the NAT gateway.",
    f"A function runs {FUNCTION_OVERHEAD_SECONDS:g} s longer than its payment, cold starts aside.",
    "SNS's delivery into the queue counts as an SQS request.",
    "Requests are as many as measured in the sale: batches fill better in a rush than at midnight.",
    "Left out as small: table storage and backups, image storage, idle long polls, key requests.",
)


@dataclass(frozen=True)
class Usage:
    """What one order used, as measured; `products` is the mean number of different products."""

    api_calls: Mapping[str, float]
    products: float
    log_bytes: float

    def requests(self, service: str) -> float:
        """Return the requests to one service."""
        prefix = f"{service}:"
        return sum(n for action, n in self.api_calls.items() if action.startswith(prefix))

    def at_least_once(self, action: str) -> float:
        """Return how often a step that each order needs was done, repeats included."""
        return max(1.0, self.api_calls.get(f"dynamodb:{action}", 0.0))


def bill(topology: str, config: Mapping[str, str], usage: Usage) -> Bill:
    """Return the bill of a month with one million orders."""
    prices = price_list()
    return Bill(
        orders=ORDERS,
        per_order=[
            _line(prices, item, price, quantity * ORDERS)
            for item, price, quantity in _per_order(topology, config, usage)
        ],
        always_on=[
            _line(prices, item, price, quantity)
            for item, price, quantity in _always_on(topology, config)
        ],
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


def write_units(usage: Usage) -> float:
    """Return DynamoDB's write units of one order: insert, claim, charge, completion, index.

    Batches are billed by item, so requests that carry several are counted by what they carry.
    """
    insert = 1.0
    claim = usage.at_least_once("UpdateItem")
    charge = usage.at_least_once("PutItem")
    completion = usage.at_least_once("TransactWriteItems") * 2 * (1 + usage.products)
    return insert + claim + charge + completion + INDEX_WRITES


def _per_order(
    topology: str, config: Mapping[str, str], usage: Usage
) -> list[tuple[str, str, float]]:
    serverless = topology == "serverless"
    invocations = 1.0 if serverless else 0.0
    seconds = float(config["paymentSeconds"]) + FUNCTION_OVERHEAD_SECONDS
    gb_seconds = invocations * seconds * int(config["lambdaMemoryMb"]) / 1024
    delivery = 1.0 if topology == "async" else 0.0
    log_bytes = usage.log_bytes + invocations * FUNCTION_LOG_BYTES
    through_nat = sum(
        count
        for action, count in usage.api_calls.items()
        if not (serverless and action in FUNCTION_ACTIONS)
    )
    architecture = config["architecture"]
    return [
        ("DynamoDB writes", "dynamodb_write", write_units(usage)),
        ("DynamoDB reads", "dynamodb_read", usage.api_calls.get("dynamodb:GetItem", 0.0)),
        ("SNS publishes", "sns_publish", usage.requests("sns")),
        ("SQS requests", "sqs_request", usage.requests("sqs") + delivery),
        ("Lambda requests", "lambda_request", invocations),
        ("Lambda compute", f"lambda_gb_second_{architecture}", gb_seconds),
        (
            "Load balancer use",
            "load_balancer_capacity_unit_hour",
            1 / CONNECTIONS_PER_CAPACITY_UNIT_HOUR,
        ),
        ("NAT traffic", "nat_gateway_gb", through_nat * NAT_BYTES_PER_CALL / BYTES_PER_GB),
        ("Log ingestion", "logs_gb", log_bytes / BYTES_PER_GB),
    ]


def _always_on(topology: str, config: Mapping[str, str]) -> list[tuple[str, str, float]]:
    processors = int(config["processorTasks"]) if topology == "async" else 0
    tasks = int(config["receiverTasks"]) + processors
    name = f"{tasks} Fargate task{'s' if tasks > 1 else ''}"
    architecture = config["architecture"]
    task_hours = tasks * HOURS_PER_MONTH
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
    ]
