from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from engine.differences import Difference
from lab.report.page import render, write_report
from lab.report.rows import ROWS
from lab.results.model import Finding, Results
from tests.unit.lab.report.reading import (
    Page,
    assert_references_hold,
    assert_self_contained,
    assert_themed,
)
from tests.unit.lab.report.tampering import with_finding, with_sale

DIFFERENCE = Difference(
    name="deletes",
    emulator="a second delete fails",
    aws="succeeds",
    consequence="more <retries> & noise",
)


@pytest.fixture(scope="module")
def text(results: Results) -> str:
    return render(results, [DIFFERENCE])


@pytest.fixture(scope="module")
def page(text: str) -> Page:
    return Page(text)


def test_the_page_loads_nothing_from_anywhere(text: str) -> None:
    assert_self_contained(text)


def test_each_id_is_there_once_and_each_reference_leads_somewhere(text: str) -> None:
    assert_references_hold(text)


def test_each_plot_is_an_image_with_a_title_and_a_description(page: Page) -> None:
    ids = {attributes.get("id") for _, attributes in page.elements}
    plots = page.all("svg")
    assert len(plots) == 6
    for plot in plots:
        assert plot["role"] == "img"
        assert set((plot["aria-labelledby"] or "").split()) <= ids
        assert plot.keys().isdisjoint({"width", "height"})


def test_the_alternative_text_says_what_the_plot_shows(text: str) -> None:
    assert "serverless peaks at 197 open orders and needs 3.0 s" in text


def test_the_verdict_comes_first(text: str) -> None:
    body = text[text.index("<body>") :]
    assert body.index("<h1>No order lost") < body.index("<svg")


def test_the_page_follows_the_readers_theme_and_screen(page: Page, text: str) -> None:
    assert "prefers-color-scheme: dark" in text
    assert "max-width: 640px" in text
    viewports = [m["content"] for m in page.all("meta") if m.get("name") == "viewport"]
    assert viewports == ["width=device-width, initial-scale=1"]
    assert_themed(text)


def test_every_measure_stands_in_the_page(text: str) -> None:
    plain = text.replace("<wbr>", "")
    for row in ROWS:
        assert plain.count(f'<code>{row.name}</code><span class="meaning">{row.meaning}') == 2


def test_the_texts_of_a_plot_are_texts_and_not_outlines(text: str) -> None:
    assert re.search(r"<text[^>]*>async: \d+ at the peak</text>", text)
    assert "DejaVu" not in text


def test_what_comes_from_outside_is_escaped(results: Results) -> None:
    finding = Finding(1, ("<script>alert(1)</script>",))
    text = render(with_finding(results, "sync", "flash", "lost", finding), [DIFFERENCE])
    assert "<script>" not in text
    assert "&lt;script&gt;" in text
    assert "more &lt;retries&gt; &amp; noise" in text


def test_a_broken_promise_is_told_in_words_and_not_by_colour_alone(results: Results) -> None:
    text = render(with_finding(results, "async", "flash", "duplicates", Finding(2, ("x",))), [])
    assert "✗ promises broken" in text
    assert "✗ audit failed" in text
    assert "async, flash sale, duplicates: x" in text
    assert re.search(r"✗ 2<", text)


def test_an_unfinished_run_says_so(results: Results) -> None:
    assert "unfinished run" in render(replace(results, finished_at=None), [])


def test_a_busy_machine_is_admitted(results: Results) -> None:
    busy = with_sale(results, "serverless", "flash", emulator_busy_percent=88.0)
    page = render(busy, [])
    assert "Mean load of the emulator, in one core: serverless 88 %" in page
    assert "serverless was at this machine&#39;s limit (the emulator had its one core busy" in page
    assert "(this machine&#39;s limit)" in page
    assert "this machine&#39;s limit" not in render(results, [])


def test_the_known_differences_are_told(text: str) -> None:
    assert "a second delete fails" in text


def test_published_figures_stand_beside_those_of_the_flash_sale_only(text: str) -> None:
    flash, normal = re.findall(r"<caption>.*?</table>", text, flags=re.DOTALL)
    assert "sync 1.66, async 57 to 58</td>" in flash
    assert flash.count('class="number published"') == len(ROWS)
    assert "published" not in normal


@pytest.mark.parametrize("kept", [["sync"], ["async", "serverless"], []])
def test_a_part_of_the_topologies_makes_a_page_too(results: Results, kept: list[str]) -> None:
    some = {name: results.topologies[name] for name in kept}
    Page(render(replace(results, topologies=some), []))


def test_a_sale_without_bill_and_samples_makes_a_page_too(results: Results) -> None:
    bare = with_sale(
        results, "sync", "flash", bill=None, backlog=[], accept_ms=None, accept_ms_histogram=[]
    )
    Page(render(bare, []))


def test_page_and_plots_are_written_side_by_side(results: Results, tmp_path: Path) -> None:
    path = write_report(results, tmp_path, [DIFFERENCE])
    assert path == tmp_path / "report.html"
    written = sorted(p.name for p in (tmp_path / "plots").iterdir())
    names = ("backlog", "cost", "latency")
    assert written == [f"{name}.{kind}" for name in names for kind in ("png", "svg")]
    svg = (tmp_path / "plots" / "backlog.svg").read_text()
    assert svg.startswith("<?xml")
    assert "prefers-color-scheme: dark" in svg
    assert (tmp_path / "plots" / "backlog.png").read_bytes().startswith(b"\x89PNG")


def test_the_same_results_make_the_same_page(results: Results, text: str) -> None:
    assert render(results, [DIFFERENCE]) == text
