from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from lab.load.scenarios import FLASH
from lab.report.rows import COLUMNS
from lab.report.scale_page import render_scale, write_scale_page
from lab.report.terminal import print_scale
from lab.results.scale import ScaleResults
from tests.unit.lab.report.reading import (
    Page,
    assert_references_hold,
    assert_self_contained,
    assert_themed,
)
from tests.unit.lab.report.scales import lasting, only, with_lost
from tests.unit.lab.simulated_scale import simulated_scale


@pytest.fixture(scope="module")
def text(scaled: ScaleResults) -> str:
    return render_scale(scaled)


def test_the_page_opens_offline_and_follows_the_readers_theme(text: str) -> None:
    assert_self_contained(text)
    assert_references_hold(text)
    assert_themed(text)


def test_the_plot_is_there_for_wide_and_narrow_screens_with_words_for_it(text: str) -> None:
    plots = Page(text).all("svg")
    assert [plot["role"] for plot in plots] == ["img", "img"]
    assert "with 1 worker 3,819 at the peak and a drain of 3 h 11 min (predicted)" in text
    assert "and a drain of 58.0 s (measured)" in text


def test_the_table_tells_measured_predicted_and_published_apart(text: str) -> None:
    rows = re.findall(r"<tr><th scope=\"row\" class=\"number\".*?</tr>", text, flags=re.DOTALL)
    assert len(rows) == 4
    assert "37 min 24 s predicted" in rows[1]
    assert "3,277" in rows[1]
    assert "predicted<" not in rows[3]
    for column in COLUMNS:
        assert (
            f"<strong>{column.heading}</strong>: {column.meaning.replace(chr(39), '&#39;')}" in text
        )


def test_the_published_peaks_are_marked_and_explained_elsewhere(text: str) -> None:
    assert "Diamonds: the predecessors&#39; published peaks" in text
    assert "<code>docs/predecessors.md</code>" in text


def test_the_verdict_says_where_every_accepted_order_is(text: str) -> None:
    assert "<h1>No order lost, none paid twice, none oversold, with 1, 5, 20 and 100" in text
    assert "Of 15,360 accepted orders 5,910 were settled, and 9,450 were found in the" in text
    assert "none is missing" in text


def test_a_lost_order_fails_the_run_and_is_named(scaled: ScaleResults) -> None:
    broken = with_lost(scaled, "<b>order</b>")
    text = render_scale(broken)
    assert not broken.passed
    assert "✗ promises broken" in text
    assert "Broken promises: 1 worker lost 1 order in the flash sale." in text
    assert "1 worker, flash sale, lost: &lt;b&gt;order&lt;/b&gt;" in text
    assert "; 1 is missing" in text


def test_a_run_that_was_broken_off_makes_a_page_that_says_so(scaled: ScaleResults) -> None:
    text = render_scale(replace(only(scaled, 1), finished_at=None))
    Page(text)
    assert "unfinished run" in text
    assert "none oversold, with 1 worker." in text


def test_a_run_without_a_sale_makes_a_page_too(scaled: ScaleResults) -> None:
    assert "Nothing was measured" in render_scale(only(scaled))


def test_another_sale_is_not_held_against_the_published_peaks(scaled: ScaleResults) -> None:
    text = render_scale(lasting(scaled, 10))
    assert "Diamonds" not in text


def test_numbers_of_workers_that_nobody_published_have_no_marks() -> None:
    text = render_scale(simulated_scale(FLASH.lasting(5), 7, 250, bound_seconds=5))
    assert "Diamonds" not in text


def test_page_and_plot_are_written_side_by_side(scaled: ScaleResults, tmp_path: Path) -> None:
    path = write_scale_page(only(scaled, 20, 100), tmp_path)
    assert path == tmp_path / "scale.html"
    assert "prefers-color-scheme: dark" in (tmp_path / "plots" / "scale.svg").read_text()
    assert (tmp_path / "plots" / "scale.png").read_bytes().startswith(b"\x89PNG")


def printed(results: ScaleResults) -> str:
    console = Console(file=io.StringIO(), width=100)
    print_scale(console, results)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_terminal_shows_the_whole_table_within_100_columns(scaled: ScaleResults) -> None:
    text = printed(scaled)
    assert "…" not in text
    for column in COLUMNS:
        assert column.heading in text
    assert "3 h 11 min predicted" in text
    assert "PASS No order lost" in text


def test_the_terminal_says_fail_when_a_promise_is_broken(scaled: ScaleResults) -> None:
    assert "FAIL Broken promises: 1 worker lost 1 order" in printed(with_lost(scaled, "a"))
    assert "FAIL Nothing was measured." in printed(only(scaled))
