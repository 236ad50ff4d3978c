"""What failures leave behind in the sync topology, kept up by `lab up` in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.find import find_stack
from terminal.project import ROOT
from tests.integration.ops.conftest import QUICK, free_ports
from tests.integration.ops.ward import Commands, Ward, done_about
from tests.support.queue_shop import until

START_SECONDS = 240
pytestmark = [pytest.mark.integration, pytest.mark.timeout(2 * START_SECONDS)]


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    path = tmp_path_factory.mktemp("sync") / "up.json"
    config = {**QUICK, "receiverPort": str(free_ports(1)[0])}
    options = [word for pair in config.items() for word in ("--config", "=".join(pair))]
    process = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "lab", "up", "sync", "--json", str(path), *options],
        cwd=ROOT,
        env={**os.environ},
        stdout=subprocess.DEVNULL,
    )
    try:
        until(lambda: path.exists() or process.poll() is not None, START_SECONDS)
        yield Ward(find_stack(path, None), path)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def test_lab_up_leaves_word_for_other_terminals(ward: Ward) -> None:
    content = json.loads(ward.outputs_file.read_text())
    kept = Path(content["run_dir"]) / "up.json"
    assert json.loads(kept.read_text()) == content
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert find_stack(None, None, runs=kept.parents[1]).topology in {"sync", "async", "serverless"}


def test_stuck_orders_are_settled_by_resubmitting_their_requests(ward: Ward, lab: Commands) -> None:
    stock = ward.stock()
    orders = ward.put_orders(9) + ward.put_orders(3, leased_until=-3600)
    ward.charge(orders[-1])
    code, told = lab("reconcile")
    assert code == 0
    assert done_about(told) == dict.fromkeys(orders, "settled")
    assert {order["told"] for order in told["orders"]} == {"COMPLETED"}
    ward.assert_paid_once(orders, stock)
    assert lab("reconcile")[1]["orders"] == []


def test_an_order_whose_product_left_the_catalogue_is_settled_and_its_money_given_back(
    ward: Ward, lab: Commands
) -> None:
    orders = ward.put_orders(1, product="gone from the catalogue")
    orders += ward.put_orders(1, product="gone from the catalogue", leased_until=-3600)
    ward.charge(orders[-1])
    code, told = lab("reconcile")
    assert code == 0
    assert done_about(told) == dict.fromkeys(orders, "settled")
    assert {order["told"] for order in told["orders"]} == {"FAILED"}
    assert ward.item("payments", "idempotencyKey", orders[-1])["status"]["S"] == "REFUNDED"
    assert lab("reconcile")[1]["orders"] == []


def test_an_order_that_the_receiver_refuses_is_told_with_the_reason(
    ward: Ward, lab: Commands
) -> None:
    (refused,) = ward.put_orders(1, customer_hashed="another customer")
    (settled,) = ward.put_orders(1)
    code, told = lab("reconcile")
    assert code == 2
    assert done_about(told) == {refused: "failed", settled: "settled"}
    (problem,) = [each["told"] for each in told["orders"] if each["order_id"] == refused]
    assert problem.startswith("HTTP 422: order_id was used for an order with other content")
    assert "1 settled, 1 not done" in lab.said


def test_there_are_no_dead_letters_to_move(lab: Commands) -> None:
    code, _ = lab("redrive")
    assert code == 2
    assert "the sync topology has no dead-letter queue" in lab.said
    assert "settled by `ops reconcile`" in lab.said
