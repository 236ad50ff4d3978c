"""What working off a queue costs: throughput, CPU, memory and calls of the real processor.

`python -m benchmarks.drain [--json PATH] [--workers N ...]`: the queue is full when the processor
starts, on the emulator. At payment 0 the consumer alone and with the fulfilment, beside a loop that
makes one call for each step of each order; with payments of 3 s beside the limit, workers / 3 s.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import Counter, deque
from pathlib import Path

import msgspec
import psutil
from rich.console import Console
from rich.table import Table

from benchmarks.consumers import ALONE, ONE_BY_ONE, OURS
from benchmarks.processes import cpu_seconds
from lab.emulator.server import free_port
from tests.support.emulator import RunningEmulator, running_emulator
from tests.support.queue_shop import ProcessorProcess, QueueShop, start_process

ORDERS_AT_0 = 4000
WORKERS_AT_0 = 200
PAYMENT_SECONDS = 3
# So many payments by each worker: what filling and emptying the hands costs has to show, not rule.
ROUNDS = 10
WORKERS = (20, 100, 1000)
LOOK_SECONDS = 0.1
BACKLOG_ROUNDS = 2
SETTINGS = {
    "VISIBILITY_TIMEOUT_SECONDS": "180",
    "HEARTBEAT_SECONDS": "60",
    "LEASE_SECONDS": "60",
    "DRAIN_SECONDS": "5",
    "STOP_TIMEOUT_SECONDS": "10",
}


class Result(msgspec.Struct):
    """One drain; shares are None where nothing but the machine is the limit.

    With payments of 3 s, orders per second are those of the steady state: without the first and
    the last order of each worker, while hands fill and empty. The whole drain is there as well.
    """

    orders_per_second: float
    share_of_limit: float | None
    share_of_limit_in_the_whole_drain: float | None
    cpu_ms_per_order: float
    rss_mib: float
    api_calls_per_order: float
    duplicates: int


class Drain(msgspec.Struct, frozen=True):
    """What is drained, by what."""

    variant: str
    orders: int
    workers: int
    payment_seconds: float


def measure(emulator: RunningEmulator, drain: Drain) -> Result:
    """Fill a queue, let a consumer work it off, and return what that took."""
    shop = QueueShop(emulator, visibility_seconds=180)
    shop.stock(drain.orders * 2)
    waiting = deque(shop.place(drain.orders))
    shop.announce(_next(waiting, BACKLOG_ROUNDS * drain.workers))
    environment = {
        **shop.environment(),
        **SETTINGS,
        "PROCESSOR_CONCURRENCY": str(drain.workers),
        "PAYMENT_SECONDS": str(drain.payment_seconds),
    }
    module = ["-m", "benchmarks.consumers", drain.variant]
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        consumer = start_process([sys.executable, *module], environment, free_port(), log)
        try:
            seconds, cpu, rss = _watch(shop, consumer, waiting, drain.workers)
        finally:
            consumer.popen.terminate()
            consumer.exit_code()
        return _result(drain, shop, consumer, (seconds, cpu, rss))


def _watch(
    shop: QueueShop, consumer: ProcessorProcess, waiting: deque[str], workers: int
) -> tuple[float, float, float]:
    """Return seconds, CPU seconds and the highest RSS in MiB until everything is worked off.

    The queue always holds more than the workers can take, and no more than that: what the emulator
    needs for a call grows with the length of its queue.
    """
    process = psutil.Process(consumer.popen.pid)
    began, cpu = time.perf_counter(), cpu_seconds(process)
    rss = 0.0
    while (queued := shop.waiting()) != (0, 0) or waiting:
        if queued[0] < workers:
            shop.announce(_next(waiting, workers))
        rss = max(rss, process.memory_info().rss / 2**20)
        time.sleep(LOOK_SECONDS)
    return time.perf_counter() - began, cpu_seconds(process) - cpu, rss


def _steady_rate(settled_at: list[float], workers: int) -> float:
    first, last = settled_at[workers - 1], settled_at[-workers - 1]
    return (len(settled_at) - 2 * workers) / (last - first)


def _next(waiting: deque[str], most: int) -> list[str]:
    return [waiting.popleft() for _ in range(min(most, len(waiting)))]


def _result(
    drain: Drain, shop: QueueShop, consumer: ProcessorProcess, used: tuple[float, float, float]
) -> Result:
    seconds, cpu, rss = used
    rate = whole_rate = drain.orders / seconds
    limit = drain.workers / drain.payment_seconds if drain.payment_seconds else None
    if limit:
        rate = _steady_rate(shop.settled_at(), drain.workers)
    calls = sum(sum(event["calls"].values()) for event in consumer.named("aws_calls"))
    if drain.variant != ALONE:
        settled = Counter(shop.statuses())
        if settled != {"COMPLETED": drain.orders}:
            raise RuntimeError(f"{drain}: {settled}")
    paid = Counter(shop.charged())
    return Result(
        orders_per_second=round(rate, 1),
        share_of_limit=round(rate / limit, 4) if limit else None,
        share_of_limit_in_the_whole_drain=round(whole_rate / limit, 4) if limit else None,
        cpu_ms_per_order=round(1000 * cpu / drain.orders, 3),
        rss_mib=round(rss, 1),
        api_calls_per_order=round(calls / drain.orders, 3),
        duplicates=sum(times > 1 for times in paid.values()),
    )


def _table(title: str, results: dict[str, Result]) -> Table:
    table = Table(title=title)
    columns = ("", "orders/s", "of the limit", "whole drain", "CPU ms", "RSS MiB", "calls", "twice")
    for column in columns:
        table.add_column(column, justify="right")
    for name, result in results.items():
        shares = result.share_of_limit, result.share_of_limit_in_the_whole_drain
        table.add_row(
            name,
            f"{result.orders_per_second:g}",
            *("" if share is None else f"{share:.1%}" for share in shares),
            f"{result.cpu_ms_per_order:g}",
            f"{result.rss_mib:g}",
            f"{result.api_calls_per_order:g}",
            str(result.duplicates),
        )
    return table


def run(workers: tuple[int, ...], console: Console) -> dict[str, dict[str, Result]]:
    """Measure everything, on an emulator of its own for each drain."""
    drains = {
        "payment_0": {
            "consumer": Drain(ALONE, ORDERS_AT_0, WORKERS_AT_0, 0),
            "fulfilment": Drain(OURS, ORDERS_AT_0, WORKERS_AT_0, 0),
            "one_by_one": Drain(ONE_BY_ONE, ORDERS_AT_0 // 4, WORKERS_AT_0 // 4, 0),
        },
        "payment_3s": {
            str(each): Drain(OURS, each * ROUNDS, each, PAYMENT_SECONDS) for each in workers
        },
    }
    results: dict[str, dict[str, Result]] = {}
    for group, members in drains.items():
        results[group] = {}
        for name, drain in members.items():
            with (
                console.status(f"{group}: {name}: {drain.orders} orders"),
                tempfile.TemporaryDirectory() as folder,
                running_emulator(Path(folder)) as emulator,
            ):
                results[group][name] = measure(emulator, drain)
        console.print(_table(group, results[group]))
    return results


def main() -> None:
    """Measure, print, and write JSON if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, metavar="PATH")
    parser.add_argument("--workers", type=int, nargs="+", default=list(WORKERS))
    arguments = parser.parse_args()
    console = Console(width=100 if not os.isatty(1) else None)
    results = run(tuple(arguments.workers), console)
    if arguments.json:
        arguments.json.write_bytes(msgspec.json.format(msgspec.json.encode(results)) + b"\n")


if __name__ == "__main__":
    main()
