from __future__ import annotations

from dataclasses import replace

import pytest

from lab.load.scenarios import FLASH
from lab.report.scale_published import explain_peak
from lab.report.scale_reasons import peak_rows, reasons
from lab.scale.model import ScaleResults
from tests.unit.lab.report.scales import lasting, only
from tests.unit.lab.scale.crews import simulated_scale


def heads(results: ScaleResults) -> list[str]:
    return [reason.partition(".")[0] for reason in reasons(results)]


def test_each_reason_is_told_for_the_seeds_sale(seeds: ScaleResults) -> None:
    assert heads(seeds) == ["Pace", "Readings", "Their readings", "Not the workers"]


def test_the_pace_is_computed_from_this_runs_orders(seeds: ScaleResults) -> None:
    """3,840 orders in 60 s are 64.0 a second: 6.5 more than 57.5, for 60 s."""
    pace = reasons(seeds)[0]
    assert "64.0 orders a second of the sale instead of 57 to 58" in pace
    assert "moves each peak by +390 orders" in pace


def test_a_slower_sale_than_theirs_moves_the_peaks_down(seeds: ScaleResults) -> None:
    slower = [replace(p, sale=replace(p.sale, accepted=3_000)) for p in seeds.points]
    assert "moves each peak by -450 orders" in reasons(replace(seeds, points=slower))[0]


def test_our_own_curve_read_once_a_minute_is_that_of_the_shortest_drain(
    seeds: ScaleResults,
) -> None:
    assert "Our own curve with 100 workers would, read once a minute" in reasons(seeds)[1]


def test_what_readings_explain_hardly_explain_and_cannot_explain_is_told_apart(
    seeds: ScaleResults,
) -> None:
    said = reasons(seeds)[2]
    assert "explain 3,420 with 1 worker (3,410 to 3,430 is possible) and 3,277 with 5" in said
    assert "616 with 100 workers is possible (610 to 1,450), but only if" in said
    assert "2,579 with 20 workers is not: it is 4% below the least" in said
    assert "the sources do not say" in said
    assert said.count("2,579") == 1


def test_figures_that_fit_need_no_further_explanation(seeds: ScaleResults) -> None:
    assert "the sources do not say" not in reasons(only(seeds, 1, 5))[2]
    assert heads(only(seeds, 1)) == ["Pace", "Readings", "Their readings"]


def test_another_sale_is_said_to_be_another(seeds: ScaleResults) -> None:
    assert heads(lasting(seeds, 10)) == ["Another sale", "Their readings", "Not the workers"]


def test_nothing_is_explained_where_nothing_was_published() -> None:
    unknown = simulated_scale(FLASH.lasting(5), 7)
    assert reasons(unknown) == []
    assert peak_rows(unknown) == []


def test_both_peaks_stand_beside_their_readings_once_a_minute(seeds: ScaleResults) -> None:
    row = next(row for row in peak_rows(seeds) if row.workers == "100")
    assert (row.published, row.arithmetic, row.read_by_minute) == ("616", "1,450", "610 to 1,450")
    assert row.ours == "1,830"
    assert row.ours_read_by_minute.endswith(" to 1,830")


@pytest.mark.parametrize(
    ("workers", "said"),
    [
        (1, "within one percent"),
        (5, "3,253 to 3,350, depending on when"),
        (20, "only at 55.5 accepted orders a second or less"),
        (100, "within 0.4 certain seconds of the minute"),
    ],
)
def test_each_published_peak_has_a_sentence_for_the_demos_report(workers: int, said: str) -> None:
    assert said in explain_peak(workers)
