"""A deployed topology that is nothing but tables and a folder."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from engine.deployment import FreshProcess
from lab.load.drive import Drive, LoadProgress
from lab.load.records import Record, Recorder
from lab.load.scenarios import Scenario
from lab.measure.drain import DrainProgress
from tests.unit.lab.measure.fakes import FakeDynamoDb, FakeQueue, order_item
from tests.unit.lab.simulated import CONFIG

SALE_BEGAN = 1_764_320_400.25


class FakeSystem:
    """One topology with one product; `sell` is a sale that it completes without fault."""

    def __init__(self, topology: str, run_dir: Path) -> None:
        self.stack = topology
        self.run_dir = run_dir
        self.logs = run_dir / "logs"
        self.config: Mapping[str, str] = CONFIG
        self.outputs: dict[str, str] = {
            "api_url": "http://shop",
            "orders_table": "orders",
            "payments_table": "payments",
            "products_table": "products",
        }
        if topology == "async":
            self.outputs["queue_url"] = "queue"
        self.queue = FakeQueue("queue", 0, 0)
        stock = {"1": "10", "SKU-001": "10"}
        self.dynamodb = FakeDynamoDb(
            {
                "orders": [],
                "payments": [],
                "products": [{"productId": {"S": p}, "stock": {"N": n}} for p, n in stock.items()],
            }
        )
        self.functions: dict[str, FreshProcess] = {}
        self.emulator_pid = os.getpid()
        self.checks = 0
        self.logs.mkdir(parents=True)

    def client(self, service: str) -> Any:
        return {"dynamodb": self.dynamodb, "sqs": self.queue}[service]

    def check(self) -> None:
        self.checks += 1

    def sell(
        self,
        drive: Drive,
        *,
        progress: Callable[[LoadProgress], None],
        check: Callable[[], None],
    ) -> None:
        """Sell one basket of three units of `1` and one of `SKU-001`."""
        check()
        recorder = Recorder(drive.records)
        recorder.write(Record("one", drive.scenario.name, 202, 10.0, SALE_BEGAN, SALE_BEGAN + 0.01))
        recorder.close()
        settled = {"settledAt": "2025-11-28T09:00:03.250000Z"}
        tables = self.dynamodb.tables
        tables["orders"].append(order_item("one", "COMPLETED", **settled))
        tables["payments"].append(
            {
                "idempotencyKey": {"S": "one"},
                "orderId": {"S": "one"},
                "amountCents": {"N": "600"},
                "status": {"S": "CHARGED"},
            }
        )
        for item, left in zip(tables["products"], ("7", "9"), strict=True):
            item["stock"] = {"N": left}
        self.log_calls({"dynamodb:PutItem": 2, "sns:PublishBatch": 1})
        progress(LoadProgress(1.0, 1, 1, 0, 0))

    def log_calls(self, calls: Mapping[str, int], timestamp: str = "2099-01-01T00:00:00Z") -> None:
        event = {"event": "aws_calls", "timestamp": timestamp, "calls": calls}
        with (self.logs / "receiver-0.log").open("a") as log:
            log.write(json.dumps(event) + "\n")


class RecordingView:
    """A view that remembers what it was told."""

    def __init__(self) -> None:
        self.stages: list[str] = []
        self.sales: list[LoadProgress] = []
        self.drains: list[DrainProgress] = []

    def stage(self, text: str) -> None:
        self.stages.append(text)

    def sale(self, _scenario: Scenario, progress: LoadProgress) -> None:
        self.sales.append(progress)

    def drain(self, progress: DrainProgress, _predicted_seconds: float | None) -> None:
        self.drains.append(progress)


class FakeDeployments:
    """Deploys fake systems and keeps which, where, and with what configuration."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.configs: list[Mapping[str, str]] = []
        self.folders: list[Path] = []
        self.functions: dict[str, FreshProcess] = {}

    @contextmanager
    def deploy(
        self,
        topology: str,
        *,
        config: Mapping[str, str] | None,
        run_dir: Path,
        progress: Callable[[str], None],
    ) -> Iterator[FakeSystem]:
        """Yield a system with this configuration."""
        progress("starting")
        self.configs.append(config or {})
        self.folders.append(run_dir)
        self.events.append(f"up {topology}")
        system = FakeSystem(topology, run_dir)
        system.config = {**system.config, **(config or {})}
        system.functions = self.functions
        try:
            yield system
        finally:
            self.events.append(f"down {topology}")
