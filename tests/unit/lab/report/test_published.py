from __future__ import annotations

from dataclasses import replace

import pytest

from lab.report.published import CORRECTIONS, comparisons
from lab.results.model import Results


def test_published_figures_stand_beside_theory_and_this_run(results: Results) -> None:
    rows = {row.what: row for row in comparisons(results)}
    five = rows["sync, five payment slots, 20 users, 60 s"]
    assert five.theory == "1.67/s, 11.7 s wait"
    assert five.here.startswith("1.67/s, 11.0 s median")
    queued = rows["async, 20 users, 60 s"]
    assert queued.theory == "58.7 to 60.1/s at that latency"


def test_the_peak_stands_beside_the_published_one_of_as_many_workers(results: Results) -> None:
    here = {row.what: row.here for row in comparisons(results) if "peak" in row.what}
    assert here["async, peak of visible messages, 20 workers"] == "547 (10 s sale)"
    assert here["async, peak of visible messages, 100 workers"] == "not run"


def test_the_mean_of_those_answered_within_the_minute_is_the_published_half_minute() -> None:
    """One slot finishes at 3, 6, ... 57 s: who waits longer is not in the published mean."""
    answered = range(3, 60, 3)
    assert len(answered) == 19
    assert sum(answered) / len(answered) == pytest.approx(30)


def test_what_was_not_run_is_not_claimed(results: Results) -> None:
    nothing = replace(results, topologies={})
    assert {row.here for row in comparisons(nothing)} == {"not run", "not measured"}


def test_break_even_of_lambda_is_what_the_correction_says() -> None:
    """On the sources' own prices: x86, 512 MB, 3 s, $8.50 a task."""
    per_order = 3 * 0.5 * 0.0000166667 + 0.2e-6
    free_gb_seconds = 400_000
    with_free_tier = (8.50 / 0.0000166667 + free_gb_seconds) / 1.5
    million_with_free_tier = (1.5e6 - free_gb_seconds) * 0.0000166667
    [said] = [c.correction for c in CORRECTIONS if c.claim.startswith("Lambda breaks even")]
    assert round(8.50 / per_order, -3) == 337_000
    assert "337,000" in said
    assert round(with_free_tier, -3) == 607_000
    assert "607,000" in said
    assert f"${million_with_free_tier:.2f}" in said
    assert f"${per_order * 1e6:.2f}" in said


def test_the_known_errors_of_the_sources_are_put_right() -> None:
    claims = " ".join(correction.claim for correction in CORRECTIONS)
    for topic in ("60 workers", "184 times", "$17", "breaks even", "SNS retries"):
        assert topic in claims
