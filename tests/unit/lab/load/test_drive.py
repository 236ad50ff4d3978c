"""Locust as the lab runs it: a real process against a shop of aiohttp."""

from __future__ import annotations

import socket
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from lab.engine.paths import ROOT
from lab.errors import LabError
from lab.load.drive import Drive, LoadProgress, run_sale
from lab.load.records import Outcome, read_records, record_files
from lab.load.scenarios import FLASH, NORMAL
from tests.unit.lab.load.shop import Shop


def drive_to(shop: Shop, folder: Path, *, seconds: float = 1, endpoint: str = "/orders") -> Drive:
    return Drive(
        host=shop.url,
        scenario=FLASH.lasting(seconds),
        records=folder / "records.jsonl",
        log=folder / "logs" / "locust.log",
        endpoint=endpoint,
    )


def test_each_order_that_reached_the_shop_is_recorded_once(shop: Shop, tmp_path: Path) -> None:
    drive = drive_to(shop, tmp_path, seconds=2, endpoint="/orders/async")
    seen: list[LoadProgress] = []
    run_sale(drive, progress=seen.append)
    records = read_records(drive.records)
    assert sorted(r.order_id for r in records) == sorted(o["order_id"] for o in shop.orders)
    assert len(records) >= 40
    assert {(r.scenario, r.http_status, r.error) for r in records} == {("flash", 202, None)}
    assert all(
        r.answered_at - r.sent_at == pytest.approx(r.latency_ms / 1000, abs=1e-4) for r in records
    )
    assert shop.paths == {"/orders/async"}
    assert seen[-1].accepted == len(records)
    assert max(progress.users for progress in seen) == 20


def test_orders_in_flight_when_the_sale_ends_are_answered_and_recorded(
    shop: Shop, tmp_path: Path
) -> None:
    shop.answer_seconds = 2.5
    drive = drive_to(shop, tmp_path, seconds=1)
    run_sale(drive)
    records = read_records(drive.records)
    assert len(records) == len(shop.orders) >= 10
    assert {r.outcome for r in records} == {Outcome.ACCEPTED}
    assert min(r.latency_ms for r in records) >= 2_500


def test_rejections_and_errors_are_results_and_no_reason_to_fail(
    shop: Shop, tmp_path: Path
) -> None:
    shop.statuses = [200, 503, 500]
    drive = drive_to(shop, tmp_path)
    run_sale(drive)
    errors = {r.http_status: r.error for r in read_records(drive.records)}
    assert errors == {200: None, 503: "rejected", 500: "HTTP 500"}


def test_a_shop_that_hangs_up_gives_failed_orders_with_the_reason(
    shop: Shop, tmp_path: Path
) -> None:
    shop.hangs_up = True
    drive = drive_to(shop, tmp_path)
    run_sale(drive)
    records = read_records(drive.records)
    assert {r.outcome for r in records} == {Outcome.FAILED}
    assert all(r.http_status is None and "no answer" in (r.error or "") for r in records)


def test_a_shop_without_products_fails_the_sale_with_locusts_own_words(
    shop: Shop, tmp_path: Path
) -> None:
    shop.products = []
    with pytest.raises(LabError, match="names no product") as failure:
        run_sale(drive_to(shop, tmp_path))
    assert "locust.log" in str(failure.value)
    assert not shop.orders


class ServiceDied(Exception):
    """What a deployment's check raises."""


def test_a_dead_service_ends_the_sale_and_leaves_no_process(shop: Shop, tmp_path: Path) -> None:
    def check() -> None:
        if shop.orders:
            raise ServiceDied

    before = {child.pid for child in psutil.Process().children(recursive=True)}
    began = time.monotonic()
    with pytest.raises(ServiceDied):
        run_sale(drive_to(shop, tmp_path, seconds=60), check=check)
    assert time.monotonic() - began < 30
    assert {child.pid for child in psutil.Process().children(recursive=True)} <= before


def test_the_command_line_says_scenario_length_and_endpoint(tmp_path: Path) -> None:
    drive = Drive("http://shop", NORMAL.lasting(2.5), tmp_path / "r", tmp_path / "l")
    command = drive.command()
    for option, value in {
        "--host": "http://shop",
        "--scenario": "normal",
        "--sale-seconds": "2.5",
        "--endpoint": "/orders",
    }.items():
        assert command[command.index(option) + 1] == value


def test_the_users_own_locust_settings_do_not_reach_the_measurement(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCUST_USERS", "500")
    environment = Drive("http://shop", NORMAL, tmp_path / "r", tmp_path / "l").environment()
    assert "LOCUST_USERS" not in environment
    assert environment["LOAD_RECORDS"] == str(tmp_path / "r")


def test_a_sale_can_be_spread_over_worker_processes(shop: Shop, tmp_path: Path) -> None:
    drive = drive_to(shop, tmp_path, seconds=2)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    plain = [part for part in drive.command() if part != "--headless"]
    roles = [
        [*drive.command(), "--master", "--expect-workers", "2", "--master-bind-port", port],
        *[[*plain, "--worker", "--master-port", port]] * 2,
    ]
    processes = [
        subprocess.Popen(  # noqa: S603 - the command under test
            command,
            env=drive.environment(),
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for command in roles
    ]
    try:
        assert [process.wait(timeout=60) for process in processes] == [0, 0, 0]
    finally:
        for process in processes:
            process.kill()
            process.wait()
    files = record_files(drive.records)
    assert len(files) == 2
    recorded = [r.order_id for r in read_records(drive.records)]
    assert sorted(recorded) == sorted(order["order_id"] for order in shop.orders)
    assert len(recorded) >= 20
