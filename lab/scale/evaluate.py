"""The figures of one number of workers, from what was seen of its sale."""

from __future__ import annotations

from dataclasses import replace

from lab.load.records import Outcome
from lab.measure.audit import Sale
from lab.measure.little import Stations, peak_waiting
from lab.measure.measures import Observation, evaluate
from lab.published import PEAK_WAITING
from lab.results.model import ScenarioResult
from lab.scale.forecast import forecast
from lab.scale.model import Forecast, ScalePoint
from lab.scale.pace import settled_per_second


def evaluate_point(workers: int, seen: Observation) -> ScalePoint:
    """Return the figures of a sale with that many workers."""
    sale = evaluate(seen)
    slots = Stations(workers, float(seen.config["paymentSeconds"]))
    limit = slots.rate if slots.seconds else None
    pace = settled_per_second(
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
        settled_per_second=pace,
        share_of_limit=pace / limit if pace and limit else None,
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
    """Return Little's waiting orders at the end of the sale, at the pace that was offered."""
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
