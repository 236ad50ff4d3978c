"""The flash sale as a Locust test.

`locust -f tests/load/locustfile.py --host URL --scenario flash` from the repository's root; works
with the web UI, `--headless`, and `--master`/`--worker`. LOAD_RECORDS names a file for one JSON
line an order; a worker adds its process id to the name. SHOP_API_KEY is sent as `x-api-key`.
"""

from __future__ import annotations

import http.client
import json
import logging
import os
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any

from locust import FastHttpUser, LoadTestShape, between, events, task
from locust.runners import MasterRunner, WorkerRunner
from locust.user.task import LOCUST_STATE_STOPPING, LOCUST_STATE_WAITING

from lab.load.records import Outcome, Record, Recorder, outcome_of, worker_path
from lab.load.scenarios import (
    MAX_THINK_SECONDS,
    MIN_THINK_SECONDS,
    SCENARIOS,
    Baskets,
    Scenario,
    product_ids,
)

ENDPOINTS = ("/orders", "/orders/sync", "/orders/async")
# Longer than the load balancer's idle timeout (60 s): its answer comes before patience ends.
ANSWER_TIMEOUT_SECONDS = 75.0
CATALOGUE_ATTEMPTS = 5
NO_SALE = 2
"""Exit code: the catalogue could not be read, or an answer not be recorded."""

HEADERS = {"x-api-key": key} if (key := os.environ.get("SHOP_API_KEY")) else {}

_log = logging.getLogger("flash-sale")
_baskets: Baskets | None = None
_recorder: Recorder | None = None
_opened_at: float | None = None


@events.init_command_line_parser.add_listener  # type: ignore[untyped-decorator]
def add_options(parser: Any) -> None:
    parser.add_argument("--scenario", choices=sorted(SCENARIOS), default="flash")
    parser.add_argument("--sale-seconds", type=float, help="another length than the scenario's own")
    parser.add_argument("--endpoint", choices=ENDPOINTS, default=ENDPOINTS[0])


@events.init.add_listener  # type: ignore[untyped-decorator]
def let_open_orders_finish(environment: Any, **_: Any) -> None:
    # Locust would cut off the customers who still wait at the end, the very ones worth counting.
    if not environment.stop_timeout:
        environment.stop_timeout = ANSWER_TIMEOUT_SECONDS + 5


@events.test_start.add_listener  # type: ignore[untyped-decorator]
def open_shop(environment: Any, **_: Any) -> None:
    global _baskets, _recorder, _opened_at  # noqa: PLW0603 - Locust's listeners share by module
    environment.host = environment.host.rstrip("/")  # or it asks for //products
    if isinstance(environment.runner, MasterRunner):
        _opened_at = time.perf_counter()
        return
    _baskets = _recorder = None
    environment.process_exit_code = NO_SALE  # also if somebody stops it while it waits here
    try:
        _baskets = Baskets(product_ids(fetch_catalogue(environment.host)))
    except (OSError, ValueError, http.client.HTTPException) as error:
        _log.error("cannot read %s/products: %s", environment.host, error)
        end(environment)
        return
    environment.process_exit_code = None
    _opened_at = time.perf_counter()
    if records := os.environ.get("LOAD_RECORDS"):
        worker = isinstance(environment.runner, WorkerRunner)
        path = Path(records)
        _recorder = Recorder(worker_path(path, os.getpid()) if worker else path)


def end(environment: Any) -> None:
    environment.process_exit_code = NO_SALE
    # Not from this greenlet, which quitting would kill.
    threading.Thread(target=environment.runner.quit).start()


def fetch_catalogue(host: str) -> Any:
    # Without the user's proxies, as Locust sends the orders.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for attempt in range(1, CATALOGUE_ATTEMPTS + 1):
        try:
            request = urllib.request.Request(f"{host}/products", headers=HEADERS)  # noqa: S310
            with opener.open(request, timeout=10) as answer:
                return json.load(answer)
        except OSError:
            if attempt == CATALOGUE_ATTEMPTS:
                raise
            time.sleep(0.5)
    raise AssertionError("unreachable")


@events.test_stop.add_listener  # type: ignore[untyped-decorator]
def close_shop(**_: Any) -> None:
    global _opened_at  # noqa: PLW0603 - the same
    _opened_at = None
    if _recorder is not None:
        _recorder.close()


class Sale(LoadTestShape):
    """The scenario chosen on the command line."""

    def tick(self) -> tuple[int, float] | None:
        assert self.runner is not None
        scenario = chosen(self.runner.environment.parsed_options)
        # Reading the catalogue is no part of the sale, which must not be over before it begins.
        return scenario.tick(0.0 if _opened_at is None else time.perf_counter() - _opened_at)


def chosen(options: Any) -> Scenario:
    scenario = SCENARIOS[options.scenario]
    seconds = options.sale_seconds  # a text when it comes from the web page's form
    return scenario.lasting(float(seconds)) if seconds else scenario


class Customer(FastHttpUser):
    """Orders, waits for the answer, thinks for 0.1 to 0.5 s, orders again."""

    wait_time = between(MIN_THINK_SECONDS, MAX_THINK_SECONDS)
    network_timeout = ANSWER_TIMEOUT_SECONDS
    connection_timeout = 10.0

    def stop(self, force: bool = False) -> bool:  # noqa: FBT001, FBT002 - Locust's signature
        # Locust kills who thinks; one who wakes before the kill arrives would be cut off ordering.
        if not force and self._state in (LOCUST_STATE_WAITING, LOCUST_STATE_STOPPING):
            self._state = LOCUST_STATE_STOPPING
            return False
        return bool(super().stop(force))

    @task
    def order(self) -> None:
        if _baskets is None:  # the catalogue could not be read, the test is about to end
            return
        options = self.environment.parsed_options
        order = _baskets.order()
        http_status: int | None = None
        error: str | None = "given up: the test was stopped before the answer"
        sent_at, started = time.time(), time.perf_counter()
        try:
            with self.client.post(
                options.endpoint, json=order, headers=HEADERS, catch_response=True
            ) as response:
                http_status = response.status_code or None
                error = judge(response, http_status)
        finally:
            latency_ms = (time.perf_counter() - started) * 1000
            record = Record(
                order_id=order["order_id"],
                scenario=options.scenario,
                http_status=http_status,
                latency_ms=round(latency_ms, 3),
                sent_at=sent_at,
                answered_at=sent_at + latency_ms / 1000,
                error=error,
            )
            self.keep(record)

    def keep(self, record: Record) -> None:
        if _recorder is None:
            return
        try:
            _recorder.write(record)
        except OSError as error:  # an order that nobody can audit: the whole sale says nothing
            _log.error("cannot record an answer: %s", error)
            end(self.environment)


def judge(response: Any, http_status: int | None) -> str | None:
    """Tell Locust what the answer means and return the error to record, if it is one."""
    match outcome_of(http_status):
        case Outcome.ACCEPTED:
            response.success()
            return None
        case Outcome.REJECTED:
            response.failure("rejected: 503, the waiting room is full")
            return "rejected"
        case Outcome.FAILED:
            error = f"HTTP {http_status}" if http_status else f"no answer: {response.error!r}"
            response.failure(error)
            return error
