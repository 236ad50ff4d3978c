from __future__ import annotations

import pytest

from lab.report.plots.backlog import label_heights, measured, predicted
from lab.report.plots.cost import capacity_per_month, monthly_dollars
from lab.results.model import Results
from tests.unit.lab.report.tampering import with_sale
from tests.unit.lab.simulated import CONFIG


def test_a_curve_ends_where_the_drain_is_over(results: Results) -> None:
    stretched = [*results.topologies["sync"].scenarios["flash"].backlog, (90.0, 0, 0), (91.0, 0, 0)]
    sale = with_sale(results, "sync", "flash", backlog=stretched).topologies["sync"]
    curve = measured(sale.scenarios["flash"])
    assert curve[0] == (0.0, 0.0)
    assert curve[-1][1] == 0
    assert curve[-1][0] < 30


def test_theory_draws_a_spike_and_a_drain_for_async(results: Results) -> None:
    sale = results.topologies["async"].scenarios["flash"]
    assert predicted("async", sale) == [
        (0, 0),
        (10, sale.predicted.peak_backlog),
        (10 + (sale.predicted.drain_seconds or 0), 0),
    ]


@pytest.mark.parametrize("topology", ["sync", "serverless"])
def test_theory_draws_a_plateau_where_nothing_piles_up(results: Results, topology: str) -> None:
    sale = results.topologies[topology].scenarios["flash"]
    heights = [height for _, height in predicted(topology, sale)]
    assert heights == [0, sale.predicted.peak_backlog, sale.predicted.peak_backlog, 0]


def test_capacity_is_what_the_slots_pay_in_a_month_around_the_clock() -> None:
    month = 730 * 3600
    assert capacity_per_month("sync", CONFIG) == pytest.approx(5 / 3 * month)
    assert capacity_per_month("async", CONFIG) == pytest.approx(20 / 3 * month)
    assert capacity_per_month("serverless", CONFIG) is None


def test_a_month_costs_what_is_always_on_and_a_share_for_each_order(results: Results) -> None:
    bill = results.topologies["async"].scenarios["flash"].bill
    assert bill is not None
    assert monthly_dollars(bill, 0) == pytest.approx(bill.always_on_dollars)
    assert monthly_dollars(bill, 1_000_000) == pytest.approx(bill.dollars)


def test_labels_of_lines_that_lie_together_stand_above_each_other() -> None:
    heights = label_heights({"a": 100.0, "b": 103.0, "c": 900.0, "d": 0.0}, least_gap=50.0)
    assert heights == {"d": 0.0, "a": 100.0, "b": 150.0, "c": 900.0}
