"""What accepting an order costs: throughput, latency and CPU of the real receiver.

`python -m benchmarks.accept [--json PATH]`: a closed loop of 64 connections, on the emulator and on
a stand-in that answers every AWS call at once; each variant beside the others in the same run.
"""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import psutil
import uvloop
from rich.console import Console
from rich.table import Table

from benchmarks.aws_sides import REGION, AwsSide, emulator_side, stand_in_side
from benchmarks.closed_loop import ClosedLoop, Measured
from benchmarks.naive import ONE_CALL, OURS, PUBLISH_BATCHED
from benchmarks.processes import cpu_seconds, running
from engine.emulator.server import free_port

VARIANTS = (ONE_CALL, PUBLISH_BATCHED, OURS)
WARM_UP_SECONDS = 2.0
USERS = 20
USERS_PAUSE_SECONDS = (0.1, 0.5)
SETTINGS = {
    "TOPOLOGY": "async",
    "PAYMENT_SECONDS": "3",
    "PAYMENT_CONCURRENCY": "5",
    "MAX_PENDING": "95",
    "LEASE_SECONDS": "60",
    "STATUS_SHARDS": "10",
    "DRAIN_SECONDS": "5",
    "STOP_TIMEOUT_SECONDS": "10",
    "LOG_LEVEL": "INFO",
    "AWS_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
}

Results = dict[str, dict[str, "Result"]]


class Result(msgspec.Struct):
    """One variant on one side."""

    orders_per_second: float
    cpu_ms_per_order: float
    p50_ms: float
    p99_ms: float


class Load(msgspec.Struct, frozen=True):
    """How hard, and how long after the warm-up, a receiver is loaded."""

    connections: int
    seconds: float
    think_seconds: tuple[float, float] | None = None


@contextmanager
def receiver(variant: str, side: AwsSide) -> Iterator[tuple[int, psutil.Process]]:
    """Run the receiver of a variant and yield its port and process."""
    port = free_port()
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        **SETTINGS,
        **side(),
        "PORT": str(port),
    }
    with running("benchmarks.naive", [variant], environment, (port, "/ready")) as process:
        yield port, process


def measure(variant: str, side: AwsSide, load: Load) -> Result:
    """Load one variant and return what it did."""
    with receiver(variant, side) as (port, process):
        measured, cpu = uvloop.run(_measured(port, process, load))
    if measured.refused or not measured.latencies:
        raise RuntimeError(f"{variant}: {measured.refused} orders were refused")
    accepted = len(measured.latencies)
    return Result(
        orders_per_second=round(accepted / load.seconds, 1),
        cpu_ms_per_order=round(1000 * cpu / accepted, 4),
        p50_ms=round(measured.percentile_ms(50), 2),
        p99_ms=round(measured.percentile_ms(99), 2),
    )


async def _measured(port: int, process: psutil.Process, load: Load) -> tuple[Measured, float]:
    closed_loop = ClosedLoop(port, think_seconds=load.think_seconds)
    running_load = asyncio.create_task(
        closed_loop.run(load.connections, load.seconds, WARM_UP_SECONDS)
    )
    await asyncio.sleep(WARM_UP_SECONDS)
    before = cpu_seconds(process)
    measured = await running_load
    return measured, cpu_seconds(process) - before


def table_of(title: str, results: dict[str, Result]) -> Table:
    """Return the results as a table."""
    table = Table("variant", "orders/s", "CPU ms/order", "p50 ms", "p99 ms", title=title)
    for name, result in results.items():
        table.add_row(
            name,
            f"{result.orders_per_second:,.0f}",
            f"{result.cpu_ms_per_order:.3f}",
            f"{result.p50_ms:.1f}",
            f"{result.p99_ms:.1f}",
        )
    return table


def main() -> None:
    """Measure everything and print it."""
    arguments = _arguments()
    load = Load(arguments.connections, arguments.seconds)
    console = Console()
    results: Results = {}
    with TemporaryDirectory() as run_dir:
        with stand_in_side() as side:
            results["stand_in"] = {each: measure(each, side, load) for each in arguments.variants}
            console.print(table_of("a stand-in that answers at once", results["stand_in"]))
        with emulator_side(Path(run_dir)) as side:
            results["emulator"] = {each: measure(each, side, load) for each in arguments.variants}
            console.print(table_of("the emulator", results["emulator"]))
            users = Load(USERS, arguments.seconds, USERS_PAUSE_SECONDS)
            title = f"the emulator, {USERS} users who pause 0.1 to 0.5 s"
            console.print(table_of(title, {OURS: measure(OURS, side, users)}))
    if arguments.json:
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        ordered = {name: results[name] for name in ("emulator", "stand_in")}
        arguments.json.write_bytes(msgspec.json.format(msgspec.json.encode(ordered)) + b"\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure what accepting an order costs.")
    parser.add_argument("--json", type=Path, metavar="PATH", help="write the results there")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=10.0, help="of each measurement")
    parser.add_argument("--variants", nargs="+", choices=VARIANTS, default=VARIANTS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
