from __future__ import annotations

import json
from pathlib import Path

import pytest

from lab.results.files import SCALE_FILE, read_scale, to_json, write_results
from lab.results.scale import ScaleResults
from terminal.errors import UserError

FIGURES = {
    *("workers", "config", "limit_per_second", "settled_per_second", "share_of_limit"),
    *("peak_waiting", "predicted_peak_waiting", "published_peak", "settled", "queued"),
    *("forecast", "sale"),
}


@pytest.fixture(scope="module")
def path(scaled: ScaleResults, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("scale") / SCALE_FILE
    write_results(scaled, path)
    return path


def test_what_is_written_is_what_is_read(path: Path) -> None:
    assert json.loads(to_json(read_scale(path.parent))) == json.loads(path.read_text())
    assert read_scale(path) == read_scale(path.parent)


def test_every_figure_and_both_curves_are_there_by_name(path: Path) -> None:
    data = json.loads(path.read_text())
    assert data["schema"] == 1
    assert data["workers"] == [1, 5, 20, 100]
    for point in data["points"]:
        assert point.keys() == FIGURES
        assert all(len(sample) == 3 for sample in point["sale"]["backlog"])
    predicted, measured = data["points"][1], data["points"][3]
    assert predicted["forecast"]["curve"][-1][1] == 0
    assert measured["forecast"] is None
    assert measured["published_peak"] == 616


def test_results_of_the_demo_are_not_taken_for_results_of_scale(tmp_path: Path) -> None:
    (tmp_path / SCALE_FILE).write_text('{"schema": 1, "topologies": {}}')
    with pytest.raises(UserError, match="not a results file of this lab"):
        read_scale(tmp_path)


def test_a_folder_without_results_says_who_writes_them(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cannot read .*scale\.json.*lab scale"):
        read_scale(tmp_path)


def test_the_measured_curve_ends_where_the_queue_is_empty(scaled: ScaleResults) -> None:
    drained = next(point for point in scaled.points if point.workers == 100)
    curve = drained.measured_curve()
    assert curve[0] == (0.0, 0.0)
    assert curve[-1][1] == 0
    assert all(waiting for _, waiting in curve[-10:-1])
    assert drained.curve() == curve


def test_the_predicted_rest_begins_where_the_measured_curve_ends(scaled: ScaleResults) -> None:
    bounded = next(point for point in scaled.points if point.workers == 5)
    curve = bounded.curve()
    assert bounded.forecast is not None
    assert curve[-2] == bounded.forecast.curve[0]
    assert curve[-1][1] == 0
    seconds = [second for second, _ in curve[1:]]
    assert seconds == sorted(set(seconds))
