"""Locust as the lab runs it: a real process against a receiver of aiohttp."""

from __future__ import annotations

import socket
import subprocess
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from lab.load.drive import Drive, LoadProgress, progress_at, run_sale
from lab.load.records import Outcome, RecordTail, read_records, record_files
from lab.load.scenarios import FLASH, NORMAL
from terminal.errors import UserError
from terminal.project import ROOT
from tests.unit.lab.load.fake_receiver import FakeReceiver

pytestmark = [pytest.mark.process, pytest.mark.socket]


def drive_to(
    receiver: FakeReceiver, folder: Path, *, seconds: float = 1, endpoint: str = "/orders"
) -> Drive:
    return Drive(
        host=receiver.url,
        scenario=FLASH.lasting(seconds),
        records=folder / "records.jsonl",
        log=folder / "logs" / "locust.log",
        endpoint=endpoint,
    )


def test_each_order_that_reached_the_shop_is_recorded_once(
    receiver: FakeReceiver, tmp_path: Path
) -> None:
    drive = drive_to(receiver, tmp_path, endpoint="/orders/async")
    seen: list[LoadProgress] = []
    run_sale(drive, progress=seen.append)
    records = read_records(drive.records)
    assert sorted(r.order_id for r in records) == sorted(o["order_id"] for o in receiver.orders)
    assert {(r.scenario, r.http_status, r.error) for r in records} == {("flash", 202, None)}
    assert all(
        r.answered_at - r.sent_at == pytest.approx(r.latency_ms / 1000, abs=1e-4) for r in records
    )
    assert receiver.paths == {"/products", "/orders/async"}
    assert seen[-1].accepted == len(records)


class Seen(Exception):
    """What a test has waited for has happened: what follows is of no interest."""


def test_the_scenarios_customers_are_in_the_shop_together(
    receiver: FakeReceiver, tmp_path: Path
) -> None:
    receiver.holds_back = True

    def check() -> None:
        if receiver.waiting == FLASH.users:
            raise Seen

    with pytest.raises(Seen):
        run_sale(drive_to(receiver, tmp_path, seconds=100), check=check)
    assert len(receiver.orders) == FLASH.users


def test_customers_in_the_shop_are_told_by_how_long_the_sale_has_lasted(tmp_path: Path) -> None:
    tail = RecordTail(tmp_path / "records.jsonl")
    assert progress_at(FLASH, tail, now=0.0) == LoadProgress(0.0, 0, 0, 0, 0)
    tail.first_sent_at = 100.0
    tail.counts[Outcome.ACCEPTED] = 9
    assert progress_at(FLASH, tail, now=100.5) == LoadProgress(0.5, 10, 9, 0, 0)
    assert progress_at(FLASH, tail, now=103.0).users == 20
    assert progress_at(FLASH, tail, now=99.0).elapsed_seconds == 0.0  # a clock was put back


def test_orders_in_flight_when_the_sale_ends_are_answered_and_recorded(
    receiver: FakeReceiver, tmp_path: Path
) -> None:
    receiver.holds_back = True
    drive = drive_to(receiver, tmp_path)

    def check() -> None:
        receiver.holds_back = "Shape test stopping" not in drive.log.read_text()

    run_sale(drive, check=check)
    records = read_records(drive.records)
    assert sorted(r.order_id for r in records) == sorted(o["order_id"] for o in receiver.orders)
    assert {r.outcome for r in records} == {Outcome.ACCEPTED}


def test_rejections_and_errors_are_results_and_no_reason_to_fail(
    receiver: FakeReceiver, tmp_path: Path
) -> None:
    receiver.statuses = [200, 503, 500]
    drive = drive_to(receiver, tmp_path)
    run_sale(drive)
    errors = {r.http_status: r.error for r in read_records(drive.records)}
    assert errors == {200: None, 503: "rejected", 500: "HTTP 500"}


def test_a_shop_that_hangs_up_gives_failed_orders_with_the_reason(
    receiver: FakeReceiver, tmp_path: Path
) -> None:
    receiver.hangs_up = True
    drive = drive_to(receiver, tmp_path)
    run_sale(drive)
    records = read_records(drive.records)
    assert {r.outcome for r in records} == {Outcome.FAILED}
    assert all(r.http_status is None and "no answer" in (r.error or "") for r in records)


def test_a_shop_without_products_fails_the_sale_with_locusts_own_words(
    receiver: FakeReceiver, tmp_path: Path
) -> None:
    receiver.products = []
    with pytest.raises(UserError, match="names no product") as failure:
        run_sale(drive_to(receiver, tmp_path))
    assert "locust.log" in str(failure.value)
    assert not receiver.orders


class ServiceDied(Exception):
    """What a deployment's check raises."""


def test_a_dead_service_ends_the_sale_and_leaves_no_process(
    receiver: FakeReceiver, tmp_path: Path
) -> None:
    def check() -> None:
        if receiver.orders:
            raise ServiceDied

    before = {child.pid for child in psutil.Process().children(recursive=True)}
    with pytest.raises(ServiceDied):
        run_sale(drive_to(receiver, tmp_path, seconds=3600), check=check)
    assert {child.pid for child in psutil.Process().children(recursive=True)} <= before


def test_the_command_line_says_scenario_length_and_endpoint(tmp_path: Path) -> None:
    drive = Drive("http://receiver", NORMAL.lasting(2.5), tmp_path / "r", tmp_path / "l")
    command = drive.command()
    for option, value in {
        "--host": "http://receiver",
        "--scenario": "normal",
        "--sale-seconds": "2.5",
        "--endpoint": "/orders",
    }.items():
        assert command[command.index(option) + 1] == value


USERS_FILES = {"csv": "figures", "logfile": "locust.log", "html": "page.html"}


def test_the_users_own_locust_settings_do_not_reach_the_measurement(
    receiver: FakeReceiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    users = tmp_path / "user"
    users.mkdir()
    settings = {"stop-timeout": "1"}
    settings |= {key: str(users / value) for key, value in USERS_FILES.items()}
    for name in (".locust.conf", "locust.conf"):
        (users / name).write_text("\n".join(f"{key} = {settings[key]}" for key in settings))
    table = "\n".join(f'{key} = "{settings[key]}"' for key in settings)
    (users / "pyproject.toml").write_text(f"[tool.locust]\n{table}\n")
    given = {path.name for path in users.iterdir()}
    monkeypatch.chdir(users)
    monkeypatch.setenv("HOME", str(users))
    monkeypatch.setenv("LOCUST_USERS", "500")
    monkeypatch.setenv("LOCUST_STOP_TIMEOUT", "1")
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    drive = drive_to(receiver, tmp_path / "run")
    run_sale(drive)
    assert {r.outcome for r in read_records(drive.records)} == {Outcome.ACCEPTED}
    assert {path.name for path in users.iterdir()} == given


def test_a_shop_named_with_a_slash_at_its_end_is_asked_for_no_empty_folder(
    receiver: FakeReceiver, tmp_path: Path
) -> None:
    receiver.url += "/"
    run_sale(drive_to(receiver, tmp_path))
    assert receiver.paths == {"/products", "/orders"}


def test_a_catalogue_that_cannot_be_read_fails_the_shortest_sale(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        host = f"http://127.0.0.1:{closed.getsockname()[1]}"
        drive = Drive(host, FLASH.lasting(0.1), tmp_path / "records.jsonl", tmp_path / "log")
        with pytest.raises(UserError, match=rf"exit code 2(?s:.*)cannot read {host}/products"):
            run_sale(drive)


def test_an_answer_that_cannot_be_recorded_fails_the_sale(
    receiver: FakeReceiver, tmp_path: Path
) -> None:
    drive = replace(drive_to(receiver, tmp_path, seconds=100), records=Path("/dev/full"))
    command = [*drive.command()]
    environment = {**drive.environment(), "HOME": str(tmp_path), "TMPDIR": str(tmp_path)}
    done = subprocess.run(  # noqa: S603 - the command under test
        command, env=environment, cwd=tmp_path, check=False, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "cannot record an answer: [Errno 28] No space left on device" in done.stderr


def test_a_sale_can_be_spread_over_worker_processes(receiver: FakeReceiver, tmp_path: Path) -> None:
    drive = drive_to(receiver, tmp_path)
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
    assert sorted(recorded) == sorted(order["order_id"] for order in receiver.orders)
