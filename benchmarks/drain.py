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

from benchmarks.consumers import ALONE, ONE_BY_ONE, OURS
from benchmarks.drain_results import Result, share_of_time_paying, table
from benchmarks.processes import cpu_seconds
from engine.emulator.server import free_port
from tests.support.emulator import RunningEmulator, running_emulator
from tests.support.queue_shop import ProcessorProcess, QueueShop, start_process

ORDERS_AT_0 = 4000
WORKERS_AT_0 = 200
PAYMENT_SECONDS = 3
# So many payments by each worker: what filling and emptying the hands costs has to show, not rule.
ROUNDS = 16
# All hands are filled at once, and the rush of them all comes again every 3 s until it has spread.
WARM_UP_ROUNDS = 4
WORKERS = (20, 100, 1000)
LOOK_SECONDS = 0.1
# More than the workers measured here take between two looks at the queue.
ALWAYS_WAITING = 500
SETTINGS = {
    "VISIBILITY_TIMEOUT_SECONDS": "180",
    "VISIBILITY_EXTENSION_INTERVAL_SECONDS": "60",
    "LEASE_SECONDS": "60",
    "STATUS_SHARDS": "10",
    "DRAIN_SECONDS": "5",
    "STOP_TIMEOUT_SECONDS": "10",
}


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
    shop.announce(_next(waiting, 2 * drain.workers + ALWAYS_WAITING))
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
            seconds, cpu, rss = _watch(shop, consumer, waiting)
        finally:
            consumer.popen.terminate()
            consumer.exit_code()
        return _result(drain, shop, consumer, (seconds, cpu, rss))


def _watch(
    shop: QueueShop, consumer: ProcessorProcess, waiting: deque[str]
) -> tuple[float, float, float]:
    """Return seconds, CPU seconds and the highest RSS in MiB until everything is worked off.

    The queue always holds more than the workers can take, and no more than that: what the emulator
    needs for a call grows with the length of its queue.
    """
    process = psutil.Process(consumer.popen.pid)
    began, cpu = time.perf_counter(), cpu_seconds(process)
    rss = 0.0
    while (queued := shop.waiting()) != (0, 0) or waiting:
        if consumer.popen.poll() is not None:
            raise RuntimeError(f"the consumer ended:\n{consumer.log.read_text()[-2000:]}")
        shop.announce(_next(waiting, ALWAYS_WAITING - queued[0]))
        rss = max(rss, process.memory_info().rss / 2**20)
        time.sleep(LOOK_SECONDS)
    return time.perf_counter() - began, cpu_seconds(process) - cpu, rss


def _next(waiting: deque[str], most: int) -> list[str]:
    return [waiting.popleft() for _ in range(min(max(most, 0), len(waiting)))]


def _result(
    drain: Drain, shop: QueueShop, consumer: ProcessorProcess, used: tuple[float, float, float]
) -> Result:
    seconds, cpu, rss = used
    whole_rate = drain.orders / seconds
    limit = drain.workers / drain.payment_seconds if drain.payment_seconds else None
    share = None
    if limit:
        share = share_of_time_paying(
            shop.charged_at(), drain.workers, drain.payment_seconds, WARM_UP_ROUNDS
        )
    calls = sum(sum(event["calls"].values()) for event in consumer.named("aws_calls"))
    if drain.variant != ALONE:
        settled = Counter(shop.statuses())
        if settled != {"COMPLETED": drain.orders}:
            raise RuntimeError(f"{drain}: {settled}")
    paid = Counter(shop.charged())
    return Result(
        orders_per_second=round(share * limit if share and limit else whole_rate, 2),
        share_of_limit=round(share, 4) if share else None,
        share_of_limit_in_the_whole_drain=round(whole_rate / limit, 4) if limit else None,
        cpu_ms_per_order=round(1000 * cpu / drain.orders, 3),
        rss_mib=round(rss, 1),
        api_calls_per_order=round(calls / drain.orders, 3),
        duplicates=sum(times > 1 for times in paid.values()),
    )


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
        console.print(table(group, results[group]))
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
