from __future__ import annotations

import io

from rich.console import Console

from lab.report.rows import ROWS
from lab.report.terminal import print_results
from lab.results.model import Finding, Results
from tests.unit.lab.report.tampering import with_finding


def printed(results: Results, width: int = 100) -> str:
    console = Console(file=io.StringIO(), width=width)
    print_results(console, results)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_each_scenario_has_a_table_with_every_measure_and_topology(results: Results) -> None:
    text = printed(results)
    assert text.count("flash sale: 20 users, 10 s") == 1
    assert text.count("normal sale: 5 users, 5 s") == 1
    for row in ROWS:
        assert text.count(f"\n {row.name} ") == 2
    assert text.count("serverless") >= 3


def test_predictions_stand_beside_the_measured_figures(results: Results) -> None:
    assert "11.0 s (11.7 s)" in printed(results)


def test_the_verdict_comes_last_and_says_pass_or_fail(results: Results) -> None:
    assert "PASS No order lost" in printed(results)
    broken = with_finding(results, "sync", "flash", "lost", Finding(1, ("a",)))
    assert "FAIL Broken promises: sync lost 1 order in the flash sale." in printed(broken)


def test_a_run_without_results_prints_a_verdict_and_no_table(results: Results) -> None:
    empty = Results(results.started_at, None, results.machine, "demo", {})
    assert "FAIL Nothing was measured." in printed(empty)
