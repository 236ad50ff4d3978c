"""The receiver as a process of its own, and a small HTTP client for it."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.emulator.server import free_port

ROOT = Path(__file__).resolve().parents[3]
START_SECONDS = 30
STOP_SECONDS = 30
VARIABLES = {
    "TOPOLOGY": "async",
    "PAYMENT_SECONDS": "0.1",
    "PAYMENT_CONCURRENCY": "5",
    "MAX_PENDING": "5",
    "LEASE_SECONDS": "60",
    "STATUS_SHARDS": "10",
    "DRAIN_SECONDS": "10",
    "STOP_TIMEOUT_SECONDS": "20",
    "LOG_LEVEL": "INFO",
    "AWS_REGION": "us-west-2",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class ReceiverProcess:
    """A running receiver."""

    port: int
    log: Path
    popen: subprocess.Popen[bytes]

    def request(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with closing(connection):
            sent = None if body is None else json.dumps(body).encode()
            headers = {"Content-Type": "application/json"} | headers
            connection.request(method, path, sent, headers)
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read())

    def order(self, path: str = "/orders", **fields: Any) -> Answer:
        items = [{"product_id": "SKU-001", "quantity": 1, "price": 19.99}]
        return self.request("POST", path, {"customer_id": 1, "items": items} | fields)

    def send(self, number: signal.Signals) -> None:
        self.popen.send_signal(number)

    def exit_code(self) -> int:
        return self.popen.wait(STOP_SECONDS)

    def events(self) -> list[dict[str, Any]]:
        """What it has logged, oldest first."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def calls(self) -> dict[str, int]:
        """How often it called what on AWS, as it has logged so far."""
        total: dict[str, int] = {}
        for event in self.events():
            for name, count in event.get("calls", {}).items():
                total[name] = total.get(name, 0) + count
        return total

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            self.popen.kill()
        self.popen.wait()


def running_process(
    variables: Mapping[str, str], log: Path, modules: Sequence[str] = ("receiver",)
) -> ReceiverProcess:
    """Start a receiver and wait until it serves."""
    port = int(variables.get("PORT") or free_port())
    with log.open("wb") as output:
        popen = subprocess.Popen(  # noqa: S603 - our own modules
            [sys.executable, "-m", *modules],
            env={**VARIABLES, **variables, "PORT": str(port)},
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    process = ReceiverProcess(port, log, popen)
    deadline = time.monotonic() + START_SECONDS
    while '"event":"ready"' not in log.read_text():
        if popen.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise AssertionError(f"the receiver did not start:\n{log.read_text()}")
        time.sleep(0.02)
    return process
