"""The rest of a drain that nobody waited for."""

from __future__ import annotations

from lab.measure.little import Stations
from lab.results.model import Sample
from lab.scale.model import Forecast


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
