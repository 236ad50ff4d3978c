"""docs/predecessors.md: its figures are those of the code, of arithmetic and of docs/results."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from lab.load.scenarios import FLASH, MEAN_THINK_SECONDS
from lab.measure.littles_law import Stations, closed_response, peak_waiting, predict
from lab.measure.prices import price_list
from lab.published import (
    ACCEPTED_PER_SECOND,
    FIGURES,
    PAYMENT_SECONDS,
    PEAK_WAITING,
    like_theirs,
    published,
)
from lab.report.rows import ROWS
from lab.results.files import read_results, read_scale
from lab.results.scale import ScaleResults
from terminal import numbers
from terminal.project import ROOT
from tests.unit.lab.simulated import CONFIG

PAGE = (ROOT / "docs" / "predecessors.md").read_text(encoding="utf-8")
PROSE = re.sub(r"\s+", " ", PAGE)
RATE = sum(ACCEPTED_PER_SECOND) / 2
SHOWN = {row.name: row.show for row in ROWS}


def table(heading: str) -> list[list[str]]:
    """The rows of the table below a heading, its head left out."""
    section = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def test_the_page_has_each_published_figure_and_no_other() -> None:
    assert [row[:3] for row in table("The sale")] == [[f.topology, f.row, f.text] for f in FIGURES]
    peaks = {int(row[0]): int(row[1].replace(",", "")) for row in table("The peak of the queue")}
    assert peaks == PEAK_WAITING


def test_the_law_says_of_their_sale_what_the_page_says() -> None:
    for topology, row, _, law, _ in table("The sale"):
        shown = SHOWN[row](predict(topology, FLASH, CONFIG))
        assert shown == law, f"{topology} {row}"


def test_ours_are_those_of_the_kept_results() -> None:
    results = read_results(ROOT / "docs" / "results")
    for topology, row, _, _, ours in table("The sale"):
        sale = results.scenario(topology, FLASH.name)
        assert sale is not None
        assert SHOWN[row](sale) == ours, f"{topology} {row}"
    points = {p.workers: p for p in read_scale(ROOT / "docs" / "results").points}
    for workers, _, _, _, ours in table("The peak of the queue"):
        assert numbers.count(points[int(workers)].peak_waiting) == ours


@pytest.mark.parametrize("row", table("The peak of the queue"))
def test_the_peaks_by_arithmetic_are_worked_out_and_so_is_the_least_reading(row: list[str]) -> None:
    """A reading before and one after the peak are equal at `T * (r - m)^2 / r`."""
    workers, theirs = int(row[0]), int(row[1].replace(",", ""))
    peak = peak_waiting(RATE, Stations(workers, PAYMENT_SECONDS), FLASH.duration_seconds)
    assert numbers.count(peak) == row[2]
    least, most = (int(each.replace(",", "")) for each in row[3].split(" to "))
    assert most == pytest.approx(peak)
    taken = workers / PAYMENT_SECONDS
    assert least == pytest.approx(FLASH.duration_seconds * (RATE - taken) ** 2 / RATE, abs=3)
    assert theirs <= peak
    assert (theirs < least) is (workers == 20)


def test_the_workers_it_would_take_are_no_constant_factor_away() -> None:
    low = [workers for workers in PEAK_WAITING if workers > 1]
    needed = [(RATE - PEAK_WAITING[w] / FLASH.duration_seconds) * PAYMENT_SECONDS for w in low]
    assert f"take {numbers.joined([numbers.count(each) for each in needed])} of them" in PROSE


def test_at_55_orders_and_a_half_a_second_the_least_reading_is_2579() -> None:
    assert "fits at most 55.5 accepted" in PROSE
    least = FLASH.duration_seconds * (55.5 - 20 / PAYMENT_SECONDS) ** 2 / 55.5
    assert least == pytest.approx(PEAK_WAITING[20], abs=5)


def test_one_slot_makes_everybody_wait_a_minute_and_half_a_minute_those_who_are_answered() -> None:
    wait = closed_response(FLASH.users, MEAN_THINK_SECONDS, Stations(1, PAYMENT_SECONDS))
    assert f"{wait:.1f} s." in PROSE
    answered = range(3, 60, 3)
    assert (len(answered), sum(answered) / len(answered)) == (19, 30)
    assert "19 to 29 orders" in PROSE
    assert "average 30 s" in PROSE


def test_the_workers_and_payments_of_the_corrections_are_littles() -> None:
    assert f"60 x 3 = {60 * PAYMENT_SECONDS:g}" in PROSE
    paid = Stations(20, PAYMENT_SECONDS).rate
    assert f"pay {paid:.2f} a second: {paid * FLASH.duration_seconds:.0f} in that minute" in PROSE
    assert f"that is {1000 / PAYMENT_SECONDS:.0f} orders a second" in PROSE


def test_the_break_even_of_lambda_is_worked_out_on_their_prices() -> None:
    """X86, 512 MB, 3 s, $8.50 a task."""
    gb_second, free_gb_seconds = 0.0000166667, 400_000
    per_order = 3 * 0.5 * gb_second + 0.2e-6
    with_free_tier = (8.50 / gb_second + free_gb_seconds) / 1.5
    million = (1.5e6 - free_gb_seconds) * gb_second
    assert f"${per_order * 1e6:.2f}; with it ${million:.2f}" in PROSE
    assert f"it is {round(8.50 / per_order, -3):,.0f} orders a month" in PROSE
    assert f"or {round(with_free_tier, -3):,.0f} with the free tier" in PROSE


def test_what_runs_beside_the_tasks_costs_what_the_page_says() -> None:
    prices = price_list().prices
    hourly = prices["load_balancer_hour"].dollars + prices["nat_gateway_hour"].dollars
    month = 730 * (hourly + 3 * prices["public_ipv4_hour"].dollars)
    assert f"${month:.2f} at the list prices" in PROSE


def test_a_row_of_the_flash_sale_has_what_was_published_of_the_topologies_that_ran() -> None:
    row = "accepted_per_second"
    assert published("flash", row, ["sync", "async"]) == "sync 1.66, async 57 to 58"
    assert published("flash", row, ["async", "serverless"]) == "async 57 to 58"
    assert published("normal", row, ["sync", "async"]) == ""
    assert published("flash", "lost", ["sync", "async"]) == ""


def test_a_sale_is_like_theirs_only_at_their_length_and_with_their_payments(
    scaled: ScaleResults,
) -> None:
    sale = scaled.points[0].sale
    assert like_theirs(sale, 3)
    assert not like_theirs(sale, 1)
    assert not like_theirs(replace(sale, duration_seconds=10), 3)
    assert not like_theirs(replace(sale, users=30), 3)
