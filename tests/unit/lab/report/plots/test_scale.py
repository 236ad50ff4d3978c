from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from lab.load.scenarios import FLASH
from lab.report.plots.scale import flank, name_shares, published_marks, scale_plot, spread
from lab.results.scale import ScaleResults
from tests.unit.lab.report.scales import lasting
from tests.unit.lab.simulated_scale import simulated_scale


def texts(figure: Figure) -> dict[str, Bbox]:
    """The texts inside the axes, and where they come to stand."""
    figure.draw_without_rendering()
    [axes] = figure.axes
    return {text.get_text(): text.get_window_extent() for text in axes.texts}


@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("workers", [(1, 5, 20, 100), (100,), tuple(range(1, 9))])
def test_no_text_lies_on_another_and_none_leaves_the_picture(
    workers: tuple[int, ...], *, narrow: bool
) -> None:
    figure = scale_plot(simulated_scale(FLASH, *workers), narrow=narrow)
    placed = texts(figure)
    assert len(placed) >= len(workers)
    for (one, a), (other, b) in combinations(placed.items(), 2):
        assert not a.overlaps(b), f"{one!r} lies on {other!r}"
    for name, box in placed.items():
        assert box.x0 >= 0, name
        assert box.x1 <= figure.bbox.x1 + 1, name
        assert box.y1 <= figure.bbox.y1, name


def test_each_line_bears_its_workers_and_its_drain(scaled: ScaleResults) -> None:
    said = texts(scale_plot(scaled, narrow=False))
    assert {"1 worker\n3 h 11 min", "100 workers\n58.0 s", "dashed: predicted"} <= said.keys()
    assert {"published", "3,420", "3,277", "2,579", "616"} <= said.keys()


def test_what_is_predicted_is_dashed_and_what_is_measured_is_not(scaled: ScaleResults) -> None:
    [axes] = scale_plot(scaled, narrow=False).axes
    curves = [each for each in axes.lines if np.size(each.get_xdata()) > 2]
    dashed = [each for each in curves if each.get_linestyle() == "--"]
    assert (len(curves), len(dashed)) == (4 + 3, 3)
    for each in dashed:
        assert np.min(np.asarray(each.get_xdata(), float)) > 200


def test_the_axes_have_units(scaled: ScaleResults) -> None:
    figure = scale_plot(scaled, narrow=False)
    texts(figure)
    [axes] = figure.axes
    ticks = [label.get_text() for label in axes.get_xticklabels()]
    assert {"10 s", "1 min", "1 h"} <= set(ticks)
    assert "time since the sale began" in axes.get_xlabel()
    assert axes.get_title(loc="left") == "orders waiting for a worker"


def test_published_peaks_are_marked_only_in_a_sale_like_theirs(scaled: ScaleResults) -> None:
    assert published_marks(scaled) == [(0, 3_420), (1, 3_277), (2, 2_579), (3, 616)]
    assert published_marks(lasting(scaled, 10)) == []


def test_lines_without_a_backlog_are_named_together() -> None:
    said = texts(scale_plot(simulated_scale(FLASH.lasting(10), 20, 220, 250), narrow=False))
    assert "220 and 250 workers: hardly any order waits" in said


def test_a_drained_run_says_nothing_of_predictions() -> None:
    said = texts(scale_plot(simulated_scale(FLASH.lasting(5), 100), narrow=False))
    assert "dashed: predicted" not in said


def test_heights_that_are_too_close_are_pushed_up_and_keep_their_order() -> None:
    assert spread([10.0, 11.0, 50.0], 5.0) == [10.0, 15.0, 50.0]
    assert spread([11.0, 10.0, 12.0], 5.0) == [15.0, 10.0, 20.0]


def test_a_flank_is_found_between_two_points() -> None:
    assert flank([(0, 0), (60, 100), (160, 0)], 0.5) == (110, 50)


def test_names_stand_half_way_or_one_above_the_other() -> None:
    assert name_shares([1_000.0, 300.0, 90.0]) == [0.5, 0.5, 0.5]
    assert name_shares([400.0, 300.0, 200.0]) == [0.75, 0.5, 0.25]
