"""Results with one thing changed."""

from __future__ import annotations

from dataclasses import replace

from lab.results.model import Finding, Results, ScenarioResult


def with_sale(results: Results, topology: str, scenario: str, **fields: object) -> Results:
    """Return results in which one sale has other fields."""
    known = results.topologies[topology]
    sale: ScenarioResult = replace(known.scenarios[scenario], **fields)  # type: ignore[arg-type]
    changed = replace(known, scenarios={**known.scenarios, scenario: sale})
    return replace(results, topologies={**results.topologies, topology: changed})


def with_finding(
    results: Results, topology: str, scenario: str, name: str, finding: Finding
) -> Results:
    """Return results in which one audit found something."""
    audit = results.topologies[topology].scenarios[scenario].audit
    assert audit is not None
    changed = replace(audit, **{name: finding})  # type: ignore[arg-type]
    return with_sale(results, topology, scenario, audit=changed)
