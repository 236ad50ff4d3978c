"""The figures of one number of workers, from what was seen of its sale."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby
from statistics import fmean

from lab.load.records import Outcome
from lab.measure.audit import Sale
from lab.measure.littles_law import Stations, peak_waiting
from lab.measure.measures import Observation, evaluate
from lab.measure.sampler import Reading
from lab.published import PEAK_WAITING
from lab.results.model import Sample, ScenarioResult
from lab.results.scale import Forecast, ScalePoint


def evaluate_point(workers: int, seen: Observation) -> ScalePoint:
    """Return the figures of a sale with that many workers."""
    sale = evaluate(seen)
    slots = Stations(workers, float(seen.config["paymentSeconds"]))
    limit = slots.rate if slots.seconds else None
    throughput = settled_per_second(
        (o.settled_at for o in seen.sale.orders.values() if o.settled_at is not None),
        seen.readings,
        workers=workers,
        payment_seconds=slots.seconds,
    )
    settled, queued = _whereabouts(seen.sale)
    return ScalePoint(
        workers=workers,
        config=dict(seen.config),
        limit_per_second=limit,
        settled_per_second=throughput,
        share_of_limit=throughput / limit if throughput and limit else None,
        peak_waiting=max((waiting for _, waiting, _ in sale.backlog), default=None),
        predicted_peak_waiting=_predicted_peak(sale, slots),
        published_peak=PEAK_WAITING.get(workers),
        settled=settled,
        queued=queued,
        forecast=_forecast(seen, sale, slots),
        sale=sale if seen.drained else _without_unpaid_times(sale),
    )


def _whereabouts(sale: Sale) -> tuple[int, int]:
    """Return how many accepted orders are settled, and how many others are in the queue."""
    accepted = {r.order_id for r in sale.records if r.outcome is Outcome.ACCEPTED}
    stored = [order for order in sale.orders.values() if order.order_id in accepted]
    settled = sum(order.settled for order in stored)
    return settled, sum(sale.settles(order) for order in stored) - settled


def _predicted_peak(sale: ScenarioResult, slots: Stations) -> float:
    """Return Little's waiting orders at the end of the sale, at the rate that was offered."""
    rate = (sale.predicted.accepted or 0) / sale.duration_seconds
    return peak_waiting(rate, slots, sale.duration_seconds)


def _forecast(seen: Observation, sale: ScenarioResult, slots: Stations) -> Forecast | None:
    answered = [r.answered_at for r in seen.sale.records if r.outcome is Outcome.ACCEPTED]
    if seen.drained or not sale.backlog or not answered:
        return None
    return forecast(sale.backlog[-1], max(answered) - seen.began, slots)


def _without_unpaid_times(sale: ScenarioResult) -> ScenarioResult:
    """Leave out how long payments took: those who waited longest are not among them yet."""
    return replace(sale, time_to_paid_seconds=None, time_to_paid_histogram=[])


def forecast(last: Sample, last_accepted: float, workers: Stations) -> Forecast:
    """Return how the queue runs empty after the last reading, with every worker busy until then.

    Args:
        last: the last reading.
        last_accepted: second of the sale at which the last order was accepted.
        workers: the payment slots.
    """
    second, waiting, in_work = last
    empty = second + waiting / workers.rate
    settled = empty + workers.seconds
    return Forecast(
        second=second,
        waiting=waiting,
        in_work=in_work,
        drain_seconds=max(0.0, settled - last_accepted),
        curve=[(second, float(waiting)), (empty, 0.0)],
    )


def settled_per_second(
    settlements: Iterable[float],
    readings: Sequence[Reading],
    *,
    workers: int,
    payment_seconds: float,
) -> float | None:
    """Return orders settled a second while orders waited, or None when too few did.

    Each worker settles one order a round, so a settlement comes one round after the one `workers`
    before it: the mean round is not blurred by how many of them fall into the last second.
    """
    stretch = longest_wait(readings)
    if stretch is None:
        return None
    began, ended = stretch
    within = sorted(at for at in settlements if began + payment_seconds <= at <= ended)
    if len(within) < 2 * workers:
        return None
    later = within[workers:]
    seconds = fmean(at - before for before, at in zip(within, later, strict=False))
    return workers / seconds if seconds else None


def longest_wait(readings: Sequence[Reading]) -> tuple[float, float] | None:
    """Return the first and last reading, as epoch seconds, of the longest time that orders waited.

    While orders wait, no worker is idle.
    """
    stretches = [
        [reading.at for reading in group]
        for waits, group in groupby(readings, key=lambda reading: reading.backlog.waiting > 0)
        if waits
    ]
    if not stretches:
        return None
    longest = max(stretches, key=lambda moments: moments[-1] - moments[0])
    return longest[0], longest[-1]
