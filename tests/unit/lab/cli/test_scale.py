"""`lab scale` as a user types it, as far as no emulator is needed."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.cli.scale import exit_code, own_config, parse_workers
from lab.load.scenarios import FLASH
from lab.results.files import write_results
from lab.results.scale import ScaleResults
from terminal.errors import UserError
from tests.unit.lab.cli.test_demo_and_report import lab
from tests.unit.lab.report.scales import with_lost
from tests.unit.lab.simulated_scale import simulated_scale


@pytest.mark.parametrize(
    ("text", "workers"),
    [("1,5,20,100", [1, 5, 20, 100]), (" 20 , 1 ", [20, 1]), ("7,7", [7]), ("1000", [1000])],
)
def test_workers_are_numbers_between_commas_each_run_once(text: str, workers: list[int]) -> None:
    assert parse_workers(text) == workers


@pytest.mark.parametrize(
    "part", ["0", "1001", "-1", "1.5", "many", "", "1e2", "\uff12", "0x10", "99999"]
)
def test_what_is_no_number_of_workers_is_named_with_the_rule(part: str) -> None:
    with pytest.raises(UserError, match="is not a whole number from 1 to 1000") as refused:
        parse_workers(f"1,{part}")
    assert repr(part) in str(refused.value)


@pytest.mark.parametrize(
    "key",
    ["processorConcurrency", "processorTasks", "topology", "flash-sale:processorConcurrency"],
)
def test_what_the_command_sets_itself_cannot_be_set_beside_it(key: str) -> None:
    with pytest.raises(UserError, match="leave it out"):
        own_config(["paymentSeconds=1", f"{key}=5"])


def test_any_other_configuration_is_passed_on() -> None:
    assert own_config(["paymentSeconds=1", "receiverTasks=2"]) == {
        "paymentSeconds": "1",
        "receiverTasks": "2",
    }


@pytest.mark.process
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--workers", "1,two"], "'two' is not a whole number from 1 to 1000"),
        (["--bound", "-1"], "--bound"),
    ],
)
def test_wrong_input_is_refused_with_code_2_before_anything_starts(
    arguments: list[str], message: str
) -> None:
    done = lab("scale", *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_lost_order_is_exit_code_1_and_orders_still_queued_are_none(scaled: ScaleResults) -> None:
    assert sum(point.queued for point in scaled.points) > 0
    assert exit_code(scaled) == 0
    assert exit_code(with_lost(scaled, "one")) == 1


@pytest.mark.process
@pytest.mark.parametrize("named", ["", "scale.json"])
def test_the_page_is_made_again_from_kept_results(tmp_path: Path, named: str) -> None:
    results = simulated_scale(FLASH.lasting(5), 5, 100, bound_seconds=20)
    write_results(results, tmp_path / "scale.json")
    done = lab("report", str(tmp_path / named))
    assert done.returncode == 0, done.stderr
    assert "PASS No order lost" in done.stdout
    assert f"report   {tmp_path / 'scale.html'}" in done.stdout
    assert (tmp_path / "scale.html").exists()
