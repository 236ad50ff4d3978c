"""What a run of `lab scale` says in sentences."""

from __future__ import annotations

from dataclasses import dataclass

from lab.load.scenarios import FLASH
from lab.report.verdict import broken_clauses
from lab.results.scale import ScalePoint, ScaleResults
from terminal import numbers


@dataclass(frozen=True)
class ScaleVerdict:
    """The run in short."""

    passed: bool
    headline: str
    sentences: list[str]


def scale_verdict(results: ScaleResults) -> ScaleVerdict:
    """Return the verdict on a run, finished or not."""
    if not results.points:
        return ScaleVerdict(passed=False, headline="Nothing was measured.", sentences=[])
    return ScaleVerdict(
        passed=results.passed,
        headline=_headline(results),
        sentences=[_spikes(results), _whereabouts(results)],
    )


def _headline(results: ScaleResults) -> str:
    broken = [
        clause
        for point in results.points
        for clause in broken_clauses(
            numbers.plural(point.workers, "worker"), FLASH.name, point.sale
        )
    ]
    if broken:
        return f"Broken promises: {'; '.join(broken)}."
    workers = numbers.joined([str(point.workers) for point in results.points])
    noun = "worker" if results.points[-1].workers == 1 else "workers"
    return f"No order lost, none paid twice, none oversold, with {workers} {noun}."


def _spikes(results: ScaleResults) -> str:
    shown = [
        f"{numbers.count(point.peak_waiting)} orders wait with "
        f"{numbers.plural(point.workers, 'worker')}, and the last is settled {_when(point)}"
        for point in results.points
    ]
    return f"When the sale ends, {'; '.join(shown)}."


def _when(point: ScalePoint) -> str:
    how = "predicted" if point.forecast else "measured"
    return f"{numbers.seconds(point.drain_seconds)} later ({how})"


def _whereabouts(results: ScaleResults) -> str:
    accepted = sum(point.sale.accepted or 0 for point in results.points)
    settled = sum(point.settled for point in results.points)
    queued = sum(point.queued for point in results.points)
    missing = accepted - settled - queued
    text = f"Of {numbers.count(accepted)} accepted orders {numbers.count(settled)} were settled"
    if queued:
        text += f", and {numbers.count(queued)} were found in the queue when the watch ended"
    return f"{text}; {numbers.count(missing) if missing else 'none'} is missing."
