"""The same trouble for the loops that predecessors wrote, and for ours: who pays twice.

`python -m benchmarks.loops [--json PATH]`: the variants run side by side on one emulator, each with
tables and queues of its own. `benchmarks.naive_loops` has the loops of others in a few lines each.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from benchmarks.consumers import OUR_CONSUMER, OURS
from benchmarks.naive_loops import LOOPS
from engine.emulator.server import free_port
from tests.support.emulator import RunningEmulator, running_emulator
from tests.support.queue_shop import ProcessorProcess, QueueShop, start_process, until

VARIANTS = (*LOOPS, OUR_CONSUMER, OURS)
ORDERS = 60
STOCK = 10_000
LONGEST_SECONDS = 120
# A visibility time-out of four payments: what waits in the process for the fifth has expired.
VISIBILITY_SECONDS = 6
BUSY = {
    "VISIBILITY_TIMEOUT_SECONDS": str(VISIBILITY_SECONDS),
    "VISIBILITY_EXTENSION_INTERVAL_SECONDS": "1",
    "LEASE_SECONDS": "7",
    "PAYMENT_SECONDS": "1.5",
    "PROCESSOR_CONCURRENCY": "5",
}
STOPPED = {
    "VISIBILITY_TIMEOUT_SECONDS": str(VISIBILITY_SECONDS),
    "VISIBILITY_EXTENSION_INTERVAL_SECONDS": "1",
    "LEASE_SECONDS": "8",
    "PAYMENT_SECONDS": "2",
    "PROCESSOR_CONCURRENCY": "30",
    "DRAIN_SECONDS": "20",
    "STOP_TIMEOUT_SECONDS": "30",
}


class Outcome(msgspec.Struct, frozen=True):
    """What became of the orders; `left_invisible` is counted when the first consumer has ended."""

    orders: int
    paid_twice: int
    payments_too_many: int
    left_invisible: int
    seconds: float


Trouble = Callable[[RunningEmulator, str], Outcome]


def busy_queue(emulator: RunningEmulator, variant: str) -> Outcome:
    """Two consumers, and a queue that keeps them busy for several visibility time-outs."""
    shop, began = _shop(emulator), time.monotonic()
    with _consumer(shop, variant, BUSY), _consumer(shop, variant, BUSY):
        return _outcome(shop, began)


def stopped(emulator: RunningEmulator, variant: str) -> Outcome:
    """SIGTERM while all hands pay; another consumer goes on."""
    return _ended(emulator, variant, signal.SIGTERM)


def killed(emulator: RunningEmulator, variant: str) -> Outcome:
    """Kill -9 while all hands pay; another consumer goes on."""
    return _ended(emulator, variant, signal.SIGKILL)


TROUBLES: Mapping[str, Trouble] = {"busy_queue": busy_queue, "sigterm": stopped, "kill_9": killed}


def _ended(emulator: RunningEmulator, variant: str, how: signal.Signals) -> Outcome:
    shop, began = _shop(emulator), time.monotonic()
    hands = int(STOPPED["PROCESSOR_CONCURRENCY"])
    with _consumer(shop, variant, STOPPED) as first:
        until(lambda: shop.waiting()[1] >= hands)
        until(shop.charged)  # some are paid now, and not all of those deleted
        first.popen.send_signal(how)
        first.exit_code()
        left_invisible = shop.waiting()[1]
        with _consumer(shop, variant, STOPPED):
            return _outcome(shop, began, left_invisible)


def _shop(emulator: RunningEmulator) -> QueueShop:
    shop = QueueShop(emulator, visibility_seconds=VISIBILITY_SECONDS)
    shop.stock(STOCK)
    shop.order(ORDERS)
    return shop


@contextmanager
def _consumer(
    shop: QueueShop, variant: str, settings: Mapping[str, str]
) -> Iterator[ProcessorProcess]:
    command = [sys.executable, "-m", "benchmarks.consumers", variant]
    with tempfile.TemporaryDirectory() as folder:
        variables = {**shop.environment(), **settings}
        process = start_process(command, variables, free_port(), Path(folder) / "log")
        try:
            yield process
        finally:
            process.kill()


def _outcome(shop: QueueShop, began: float, left_invisible: int = 0) -> Outcome:
    """Wait until the queue is empty, and look into the books."""
    until(lambda: shop.waiting() == (0, 0), seconds=LONGEST_SECONDS)
    seconds = time.monotonic() - began
    time.sleep(float(STOPPED["PAYMENT_SECONDS"]) + 0.5)  # payments whose message another deleted
    payments = Counter(shop.charged())
    return Outcome(
        orders=ORDERS,
        paid_twice=sum(times > 1 for times in payments.values()),
        payments_too_many=payments.total() - len(payments),
        left_invisible=left_invisible,
        seconds=round(seconds, 1),
    )


def run(console: Console) -> dict[str, dict[str, Outcome]]:
    """Put every variant through every trouble."""
    results: dict[str, dict[str, Outcome]] = {}
    with ExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory()))
        emulator = opened.enter_context(running_emulator(folder))
        for name, trouble in TROUBLES.items():
            with console.status(name), ThreadPoolExecutor(len(VARIANTS)) as pool:
                outcomes = pool.map(lambda each, t=trouble: t(emulator, each), VARIANTS)
                results[name] = dict(zip(VARIANTS, outcomes, strict=True))
            console.print(_table(name, results[name]))
    return results


def _table(title: str, outcomes: Mapping[str, Outcome]) -> Table:
    headings = (name.replace("_", " ") for name in Outcome.__struct_fields__)
    table = Table("", *headings, title=title)
    for variant, outcome in outcomes.items():
        table.add_row(variant, *(str(value) for value in msgspec.structs.astuple(outcome)))
    return table


def main() -> None:
    """Measure, print, and write JSON if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, metavar="PATH")
    arguments = parser.parse_args()
    results = run(Console(width=None if sys.stdout.isatty() else 100))
    if arguments.json:
        arguments.json.write_bytes(msgspec.json.format(msgspec.json.encode(results)) + b"\n")


if __name__ == "__main__":
    main()
