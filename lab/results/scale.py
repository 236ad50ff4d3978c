"""What `lab scale` leaves behind: the shape of `scale.json`, schema 1.

A measure that could not be taken is None, never a guess; what is computed instead of measured is
named `predicted` or stands in a forecast.
"""

from __future__ import annotations

from dataclasses import dataclass

from lab.results.model import Machine, ScenarioResult

SCHEMA = 1

Point = tuple[float, float]
"""Second since the sale began, orders waiting."""


@dataclass(frozen=True)
class Forecast:
    """The remainder of a drain that was left at the bound, at `workers / payment_seconds` a second.

    It starts at the last reading: `second`, `waiting` and `in_work` were measured. `drain_seconds`
    runs from the last acceptance, as the measured one does, to the last settlement.
    """

    second: float
    waiting: int
    in_work: int
    drain_seconds: float
    curve: list[Point]


@dataclass(frozen=True)
class ScalePoint:
    """The sale with one number of workers.

    `waiting` are the queue's visible messages, as in the published figures; the sale's
    `peak_backlog` counts what is in work as well. `limit_per_second` is workers / payment seconds,
    `settled_per_second` the throughput while orders waited for a worker: None when too few did.
    `accepted` orders were `settled`, or were still `queued` at the bound, or are lost.
    `published_peak` comes from the sources' own sale, whatever this one was like.
    """

    workers: int
    config: dict[str, str]
    limit_per_second: float | None
    settled_per_second: float | None
    share_of_limit: float | None
    peak_waiting: int | None
    predicted_peak_waiting: float
    published_peak: int | None
    settled: int
    queued: int
    forecast: Forecast | None
    sale: ScenarioResult

    @property
    def drain_seconds(self) -> float | None:
        """Last promise to last settlement: measured, or else predicted."""
        return self.forecast.drain_seconds if self.forecast else self.sale.drain_seconds

    def measured_curve(self) -> list[Point]:
        """Return the measured curve of waiting orders, cut off where the queue has run empty."""
        points = [(0.0, 0.0), *((at, float(waiting)) for at, waiting, _ in self.sale.backlog)]
        last = max((index for index, (_, waiting) in enumerate(points) if waiting), default=0)
        return points[: last + 2]

    def curve(self) -> list[Point]:
        """Return the measured curve and, where it was left at the bound, the forecast after it."""
        return self.measured_curve() + (self.forecast.curve[1:] if self.forecast else [])

    @property
    def payment_seconds(self) -> float:
        """How long a payment takes."""
        return float(self.config["paymentSeconds"])


@dataclass(frozen=True)
class ScaleResults:
    """One run of `lab scale`; `finished_at` is None while it is under way or was broken off.

    `workers` are the numbers that were asked for, `points` those that were measured so far.
    """

    started_at: str
    finished_at: str | None
    machine: Machine
    workers: list[int]
    bound_seconds: float
    points: list[ScalePoint]
    schema: int = SCHEMA

    @property
    def passed(self) -> bool:
        """Whether no audit found a broken promise; a sale without an audit does not pass."""
        return all(point.sale.audit and point.sale.audit.passed for point in self.points)
