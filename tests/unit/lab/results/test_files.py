from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lab.load.scenarios import FLASH, NORMAL
from lab.results.files import read_results, to_json, write_results
from terminal.errors import UserError
from tests.unit.lab.simulated import simulated_results

MEASURES = {
    *("attempted", "accepted", "rejected", "failed", "accepted_per_second", "accept_ms"),
    *("paid", "paid_per_second", "time_to_paid_seconds", "peak_backlog", "drain_seconds"),
    *("lost", "duplicates", "oversold", "api_calls_per_order", "dollars_per_million_orders"),
}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("results") / "results.json"
    write_results(simulated_results(NORMAL.lasting(5), FLASH.lasting(10)), path)
    return path


def test_what_is_written_is_what_is_read(path: Path) -> None:
    results = read_results(path)
    assert json.loads(to_json(results)) == json.loads(path.read_text())
    assert read_results(path.parent) == results


@pytest.mark.parametrize("topology", ["sync", "async", "serverless"])
@pytest.mark.parametrize("scenario", ["normal", "flash"])
def test_every_measure_of_the_design_is_there_by_its_name(
    path: Path, topology: str, scenario: str
) -> None:
    data = json.loads(path.read_text())
    assert data["schema"] == 1
    sale = data["topologies"][topology]["scenarios"][scenario]
    assert sale.keys() >= MEASURES
    assert [name for name in MEASURES if sale[name] is None] == []
    assert sale["predicted"].keys() >= MEASURES
    for name in ("accept_ms", "time_to_paid_seconds"):
        assert sale[name].keys() == {"p50", "p95", "p99"}
    assert sale["users"] in (5, 20)
    assert all(len(sample) == 3 for sample in sale["backlog"])


def test_numbers_carry_no_more_digits_than_they_deserve(path: Path) -> None:
    data = json.loads(path.read_text())
    rate = data["topologies"]["async"]["scenarios"]["flash"]["accepted_per_second"]
    assert len(str(rate).replace(".", "")) <= 6


def test_a_measure_that_is_not_a_number_is_refused_before_it_is_written(tmp_path: Path) -> None:
    results = simulated_results(NORMAL.lasting(2))
    machine = replace(results.machine, memory_gib=float("nan"))
    with pytest.raises(ValueError, match="should be None"):
        write_results(replace(results, machine=machine), tmp_path / "results.json")
    assert not (tmp_path / "results.json").exists()


def tampered(path: Path, tmp_path: Path, change: Any) -> Path:
    data = json.loads(path.read_text())
    change(data)
    target = tmp_path / "results.json"
    target.write_text(json.dumps(data))
    return target


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.update(schema=2), "schema 2, this lab reads schema 1"),
        (lambda d: d.pop("schema"), "schema None"),
        (lambda d: d.pop("machine"), r"missing required field `machine`"),
        (
            lambda d: d["machine"].update(cores="two"),
            r"Expected `int`, got `str` - at `\$\.machine\.cores`",
        ),
        (
            lambda d: d.update(topologies=[]),
            r"Expected `object`, got `array` - at `\$\.topologies`",
        ),
        (
            lambda d: d["topologies"]["sync"]["scenarios"]["flash"].update(backlog=[[1, 2]]),
            r"Expected `array` of length 3 - at .*backlog\[0\]",
        ),
    ],
)
def test_a_foreign_file_is_refused_with_the_place_that_is_wrong(
    path: Path, tmp_path: Path, change: Any, message: str
) -> None:
    with pytest.raises(UserError, match=message):
        read_results(tampered(path, tmp_path, change))


def test_a_key_of_a_newer_lab_is_ignored(path: Path, tmp_path: Path) -> None:
    newer = tampered(path, tmp_path, lambda data: data.update(mood="good"))
    assert read_results(newer) == read_results(path)


def test_a_missing_file_and_a_broken_one_are_one_clear_line_each(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cannot read .*results\.json: No such file"):
        read_results(tmp_path)
    deep = b'{"schema": 1, "mood": ' + b"[" * 100_000
    for broken in (b'{"schema": 1,', b"", b'{"schema": 1, "scale": "\xff"}', deep):
        (tmp_path / "results.json").write_bytes(broken)
        with pytest.raises(UserError, match="is not JSON"):
            read_results(tmp_path)


def test_a_list_is_no_results_file(tmp_path: Path) -> None:
    (tmp_path / "results.json").write_text("[]")
    with pytest.raises(UserError, match="is not a results file of this lab"):
        read_results(tmp_path)
