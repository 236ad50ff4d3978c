from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from lab.report.cold_start import COLUMNS, cold_start_table
from lab.report.page import render
from lab.report.plots.plot import cold_start_sketch, make_plot
from lab.report.terminal import print_results
from lab.results.model import Results
from tests.unit.lab.coldstart.measured import MEASURED
from tests.unit.lab.report.reading import Page


@pytest.fixture
def measured(results: Results) -> Results:
    serverless = replace(results.topologies["serverless"], cold_start=MEASURED)
    return replace(results, topologies={**results.topologies, "serverless": serverless})


def test_there_is_a_row_for_each_size_and_the_configured_one_is_marked() -> None:
    table = cold_start_table(MEASURED)
    assert [cells[0] for configured, cells in table.rows if configured] == ["512 MB"]
    assert all(len(cells) == len(COLUMNS) for _, cells in table.rows)
    other = cold_start_table(replace(MEASURED, memory_mb=640))
    assert [cells[0] for configured, cells in other.rows if configured] == ["640 MB"]
    assert len(other.rows) == len(table.rows) + 1


def test_the_sentences_tell_what_was_measured_and_what_being_ready_costs() -> None:
    table = cold_start_table(MEASURED)
    assert "Medians of 5 fresh processes" in table.measured
    steps = "INIT 160 ms of CPU, first order 4.0 ms, second 3.0 ms, later ones 2.0 ms"
    assert steps in table.measured
    assert "$1.98 a month" in table.ready
    assert "66 to 78 ms and 188 to 1,409 ms" in table.theirs
    assert "2.4 %" in table.theirs


def test_the_page_has_table_and_plot_where_a_start_was_measured(
    results: Results, measured: Results
) -> None:
    with_it, without = render(measured, []), render(results, [])
    assert "Cold starts of the function" in with_it
    assert "512 MB (configured)" in with_it
    assert "takes 174 ms besides its payment, a later one 6.9 ms" in with_it
    assert "Cold starts" not in without
    assert len(Page(with_it).all("svg")) == len(Page(without).all("svg")) + 2


def test_the_plot_has_a_bar_for_each_part_of_each_size() -> None:
    plot = make_plot(cold_start_sketch(MEASURED), None)
    assert plot is not None
    for text in ("INIT", "first order", "later order", "128 MB", "1,769 MB", "215 ms", "2.0 ms"):
        assert text in plot.wide


def test_nothing_measured_draws_nothing(results: Results) -> None:
    assert results.cold_start is None
    assert make_plot(cold_start_sketch(None), None) is None


def test_the_terminal_shows_the_table_within_100_columns(measured: Results) -> None:
    output = io.StringIO()
    print_results(Console(file=output, width=100), measured)
    text = output.getvalue()
    assert max(map(len, text.splitlines())) <= 100
    assert "cold starts of the function" in text
    assert "1,769 MB" in text
