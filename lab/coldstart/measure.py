"""What a function's start costs, in fresh processes of the very function that was deployed.

Each settles real orders of the running stack: they are placed over HTTP while nobody is subscribed
to the topic. Payments take no time and never fail meanwhile; CPU time is what is measured.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from engine.deployment import FreshProcess
from engine.runtime.processes import EngineError
from lab.load.scenarios import LIMITED_PRODUCT, Baskets, product_ids
from lab.measure.system import System, explained
from lab.results.cold_start import ColdStart

PROGRAM = Path(__file__).with_name("program.py")
RUNS = 7
ORDERS = 6
TIMEOUT_SECONDS = 60.0
SETTLED = frozenset({"COMPLETED", "FAILED"})


def measure_cold_start(
    system: System,
    billed: Mapping[str, str],
    *,
    runs: int = RUNS,
    progress: Callable[[str], None],
) -> ColdStart:
    """Return the medians of `runs` fresh processes of the function of a serverless stack.

    One more before them fills the file cache.

    `billed` is the configuration that would be paid for: the lab's own is of this machine.

    The topic has no subscription afterwards: nothing is sold on this system any more.

    Raises:
        EngineError: a process failed, or an order did not settle.
    """
    (function,) = system.functions.values()
    found = []
    with explained(system):
        _unsubscribe(system)
        shop = _Shop(system.outputs["api_url"])
        for number in range(runs + 1):
            progress(f"cold start {number} of {runs}")
            orders = [shop.place() for _ in range(ORDERS)]
            one = _run_once(system, function, orders)
            shop.check_settled(orders)
            found += [one] if number else []
    return _medians(found, function, billed)


class _Shop:
    """The running stack's receiver, as one customer sees it."""

    def __init__(self, url: str) -> None:
        self._url = url
        known = product_ids(self._call("/products"))
        plenty = next((each for each in known if each != LIMITED_PRODUCT), known[0])
        self._baskets = Baskets([plenty])  # of one line: each order is as much work

    def place(self) -> str:
        """Place an order that nobody fulfils yet and return its id."""
        body = self._baskets.order()
        self._call("/orders", json.dumps(body).encode())
        return str(body["order_id"])

    def check_settled(self, orders: Iterable[str]) -> None:
        """Raise EngineError if one of them is open."""
        for order in orders:
            status = self._call(f"/orders/{order}")["status"]
            if status not in SETTLED:
                raise EngineError(f"cold start: the function left order {order} {status}")

    def _call(self, path: str, body: bytes | None = None) -> Any:
        request = urllib.request.Request(  # noqa: S310 - the stack's own address
            f"{self._url}{path}", body, {"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
                return json.load(answer)
        except urllib.error.URLError as error:
            raise EngineError(f"cold start: {request.full_url}: {error}") from error


def _unsubscribe(system: System) -> None:
    sns = system.client("sns")
    topic = system.outputs["topic_arn"]
    for each in sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]:
        sns.unsubscribe(SubscriptionArn=each["SubscriptionArn"])


def _run_once(system: System, function: FreshProcess, orders: Sequence[str]) -> dict[str, Any]:
    answer = system.run_dir / "tmp" / f"cold-start-{time.time_ns()}.json"
    answer.parent.mkdir(parents=True, exist_ok=True)
    told = {
        "paths": [str(path) for path in function.paths],
        "handler": function.handler,
        "events": [event(order) for order in orders],
        "answer": str(answer),
    }
    done = subprocess.run(
        [function.interpreter, "-S", "-P", str(PROGRAM)],
        env=without_payments(function.environment),
        cwd=function.folder,
        input=json.dumps(told),
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_SECONDS,
    )
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise EngineError(f"cold start: the function's process failed: {reason}")
    found: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
    answer.unlink()
    return found


def event(order: str) -> dict[str, Any]:
    """Return what SNS hands to a function that is subscribed to the topic."""
    message = json.dumps({"schema": 1, "order_id": order})
    return {"Records": [{"EventSource": "aws:sns", "Sns": {"Message": message}}]}


def without_payments(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables with payments that take no time and never fail."""
    kept = {key: value for key, value in environment.items() if key != "PAYMENT_FAULTS"}
    return {**kept, "PAYMENT_SECONDS": "0"}


def _medians(
    runs: Sequence[Mapping[str, Any]], function: FreshProcess, billed: Mapping[str, str]
) -> ColdStart:
    def cpu_ms(number: int) -> float:
        return median(1000 * float(run["order_cpu_seconds"][number]) for run in runs)

    unzipped, zipped = deployed_bytes(function)
    return ColdStart(
        runs=len(runs),
        init_ms=median(1000 * run["init_cpu_seconds"] for run in runs),
        first_ms=cpu_ms(0),
        second_ms=cpu_ms(1),
        warm_ms=median(cpu_ms(number) for number in range(2, ORDERS)),
        resident_mb=median(run["resident_bytes"] / 1e6 for run in runs),
        unzipped_mb=unzipped / 1e6,
        zipped_mb=zipped / 1e6,
        memory_mb=int(billed["lambdaMemoryMb"]),
        architecture=billed["architecture"],
        payment_seconds=float(billed["paymentSeconds"]),
    )


def deployed_bytes(function: FreshProcess) -> tuple[int, int]:
    """Return the size of code and layers, as they are and zipped."""
    unzipped = zipped = 0
    with (
        tempfile.TemporaryFile() as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for folder in function.paths:
            for path in sorted(Path(folder).rglob("*")):
                if path.is_file():
                    archive.write(path, path.relative_to(folder))
        for entry in archive.infolist():
            unzipped += entry.file_size
            zipped += entry.compress_size
    return unzipped, zipped
