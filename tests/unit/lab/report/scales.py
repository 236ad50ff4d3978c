"""Runs of `lab scale` with one thing changed."""

from __future__ import annotations

from dataclasses import replace

from lab.results.model import Finding
from lab.results.scale import ScaleResults


def only(results: ScaleResults, *workers: int) -> ScaleResults:
    """Return a run of these numbers of workers only."""
    kept = [point for point in results.points if point.workers in workers]
    return replace(results, workers=list(workers), points=kept)


def lasting(results: ScaleResults, seconds: float) -> ScaleResults:
    """Return a run that says its sales lasted that long."""
    points = [
        replace(point, sale=replace(point.sale, duration_seconds=seconds))
        for point in results.points
    ]
    return replace(results, points=points)


def with_lost(results: ScaleResults, *order_ids: str) -> ScaleResults:
    """Return a run whose first sale lost these orders."""
    first, *others = results.points
    audit = first.sale.audit
    assert audit is not None
    broken = replace(audit, lost=Finding(len(order_ids), order_ids))
    sale = replace(first.sale, audit=broken, lost=len(order_ids))
    queued = first.queued - len(order_ids)
    return replace(results, points=[replace(first, sale=sale, queued=queued), *others])
