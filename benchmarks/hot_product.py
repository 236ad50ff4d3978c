"""How many completions a second one product allows, beside the same orders over a hundred products.

`python -m benchmarks.hot_product [--json PATH]`. An order is completed alone, as the receiver and
the function do, or grouped, as the processor does; payments are made before the clock starts.

On the emulator, orders are limited by its CPU: it takes one call after the other, so that no
transaction ever meets another one. What meetings cost is therefore *modelled*, not measured: the
same code on the fake AWS of the tests, on a virtual clock, where a transaction holds its items for
10 ms and cancels whoever wants one of them meanwhile, as DynamoDB does.
"""

from __future__ import annotations

import argparse
import os
import random
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import msgspec
import uvloop
from rich.console import Console
from rich.table import Table

from adapters.aws.calls import AwsCallCounter
from adapters.aws.clients import open_fast_client
from adapters.aws.fast.dynamodb import open_dynamodb
from benchmarks.aws_sides import REGION, emulator_side, operator_of
from benchmarks.contention import (
    GROUPED,
    PRICE_CENTS,
    SINGLE,
    Result,
    Tables,
    claimed_orders,
    complete_all,
)
from tests.support.fake_aws.wire import Wire
from tests.support.fake_shop import FakeShop
from tests.support.virtual_clock import now as virtual_now
from tests.support.virtual_clock import run as run_virtually

AT_ONCE = (1, 10, 100, 1000)
PRODUCTS = {"hot": 1, "spread": 100}
WAYS = (SINGLE, GROUPED)
# Enough for a second or so of the slowest way, and for a thousand at once.
ORDERS = {1: 300, 10: 1000, 100: 1000, 1000: 2000}
STOCK = 1_000_000

PROCESSES = (1, 2, 4, 10)
MODEL_AT_ONCE = 100
MODEL_ORDERS = 2000
HELD_SECONDS = 0.010
WIRE_SECONDS = 0.001

Results = dict[str, dict[str, dict[str, Result]]]


async def on_the_emulator(side: Mapping[str, str], products: int, way: str, at_once: int) -> Result:
    """Complete orders in this process, as many at once as told."""
    product_ids = [str(number) for number in range(products)]
    _stock_up(side, product_ids)
    os.environ.update(side)
    async with open_fast_client(REGION, os.environ, AwsCallCounter(), connections=128) as client:
        tables = Tables(open_dynamodb(client), side["ORDERS_TABLE"], side["PRODUCTS_TABLE"])
        claims = await claimed_orders(tables, product_ids, ORDERS[at_once])
        return await complete_all([tables], claims, way=way, at_once=at_once, now=time.perf_counter)


async def on_the_fake(products: int, way: str, processes: int) -> Result:
    """Complete orders in so many processes that meet at the products."""
    product_ids = [str(number) for number in range(products)]
    shop = FakeShop(dict.fromkeys(product_ids, STOCK), transaction_seconds=HELD_SECONDS)

    def tables(wire: Wire) -> Tables:
        return Tables(shop.aws.connect(wire).dynamodb, "orders", "products")

    claims = await claimed_orders(tables(Wire()), product_ids, MODEL_ORDERS)
    # Or else each process would have products of its own.
    random.Random(1).shuffle(claims)  # noqa: S311 - the same in every run
    return await complete_all(
        [tables(Wire(latency=lambda: WIRE_SECONDS)) for _ in range(processes)],
        claims,
        way=way,
        at_once=MODEL_AT_ONCE,
        now=virtual_now,
    )


def _stock_up(side: Mapping[str, str], product_ids: list[str]) -> None:
    dynamodb = operator_of(side)("dynamodb")
    for product_id in product_ids:
        dynamodb.put_item(
            TableName=side["PRODUCTS_TABLE"],
            Item={
                "productId": {"S": product_id},
                "priceCents": {"N": str(PRICE_CENTS)},
                "stock": {"N": str(STOCK)},
            },
        )


def measure(console: Console) -> Results:
    """Measure on the emulator; a fresh one for each way, so that none pays for another's tables."""
    results: Results = {}
    for way in WAYS:
        results[way] = {}
        with (
            tempfile.TemporaryDirectory() as folder,
            emulator_side(Path(folder)) as side,
            console.status(f"on the emulator: {way}"),
        ):
            for name, products in PRODUCTS.items():
                results[way][name] = {
                    str(at_once): uvloop.run(on_the_emulator(side(), products, way, at_once))
                    for at_once in AT_ONCE
                }
        console.print(_table(f"measured on the emulator, {way}", "at once", results[way]))
    return results


def model(console: Console) -> Results:
    """Model meetings on the fake AWS."""
    results: Results = {}
    for way in WAYS:
        results[way] = {
            name: {
                str(processes): run_virtually(on_the_fake(products, way, processes))
                for processes in PROCESSES
            }
            for name, products in PRODUCTS.items()
        }
        console.print(_table(f"modelled, {way}", "processes", results[way]))
    return results


def _table(title: str, first: str, results: Mapping[str, Mapping[str, Result]]) -> Table:
    table = Table(title=title)
    columns = ("products", first, "completed/s", "transactions", "conflicts", "given up")
    for column in columns:
        table.add_column(column, justify="right")
    for name, runs in results.items():
        for number, result in runs.items():
            table.add_row(name, number, *(f"{each:g}" for each in msgspec.structs.astuple(result)))
    return table


def main() -> None:
    """Measure, model, print, and write JSON if asked to."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", type=Path, metavar="PATH")
    parser.add_argument("--model-only", action="store_true", help="no emulator, no measurement")
    arguments = parser.parse_args()
    console = Console(width=100 if not os.isatty(1) else None)
    results = {} if arguments.model_only else {"emulator": measure(console)}
    results["model"] = model(console)
    if arguments.json:
        arguments.json.write_bytes(msgspec.json.format(msgspec.json.encode(results)) + b"\n")


if __name__ == "__main__":
    main()
