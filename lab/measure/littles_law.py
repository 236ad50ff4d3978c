"""What Little's law predicts for a sale: pure arithmetic on the offered load and the configuration.

Little's law: the number in a system is the arrival rate times the time each stays, `L = rate * W`.
For a closed workload of `N` customers who think for `Z` seconds between orders it gives the
interactive response time law, `N = X * (R + Z)`: throughput `X`, response time `R`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from lab import published
from lab.load.scenarios import MEAN_THINK_SECONDS, Scenario
from lab.results.model import Measures, Percentiles
from lab.topologies import named

MILLISECONDS = 1000
MAX_PENDING_CAP = 10_000


@dataclass(frozen=True)
class Stations:
    """Where payments happen: in `slots` (None: as many as come), each taking `seconds`."""

    slots: int | None
    seconds: float

    @property
    def rate(self) -> float:
        """Payments a second when every slot is busy: `slots / seconds`."""
        if self.slots is None or self.seconds == 0:
            return math.inf
        return self.slots / self.seconds


def workers_needed(orders_per_second: float, payment_seconds: float) -> float:
    """Return the payments that are open concurrently, `rate * seconds`: 60/s at 3 s need 180."""
    return orders_per_second * payment_seconds


def closed_throughput(users: int, think_seconds: float, station: Stations) -> float:
    """Return orders a second of a closed workload: `min(N / (Z + S), c / S)`."""
    cycle = think_seconds + station.seconds
    return min(users / cycle if cycle else math.inf, station.rate)


def closed_response(users: int, think_seconds: float, station: Stations) -> float:
    """Return the seconds a customer waits for the answer: `R = N / X - Z`."""
    return users / closed_throughput(users, think_seconds, station) - think_seconds


def orders_sent(scenario: Scenario, think_seconds: float, response_seconds: float) -> int:
    """Return the orders of a sale: each customer sends one every `R + Z`, the first immediately.

    In `T` seconds that is `T / (R + Z)` and, as the first is not waited for, half a one more.
    """
    cycle = response_seconds + think_seconds
    return round(sum(seconds / cycle + 0.5 for seconds in scenario.active_seconds() if seconds))


def peak_waiting(arrival_rate: float, station: Stations, duration_seconds: float) -> float:
    """Return how many wait at the end of the sale: `max(0, rate - c / S) * T`."""
    return max(0.0, arrival_rate - station.rate) * duration_seconds


def in_service(scenario: Scenario, cycle_seconds: float, station: Stations) -> float:
    """Return how many are being paid at the end of the sale: `min(rate * S, c)`.

    What was ordered within the last `S` seconds is still open; who came later ordered less.
    """
    last = (min(active, station.seconds) for active in scenario.active_seconds())
    offered = sum(seconds / cycle_seconds for seconds in last)
    return offered if station.slots is None else min(offered, station.slots)


def waiting_time(
    share: float, arrival_rate: float, station: Stations, duration_seconds: float
) -> float:
    """Return the seconds until the order that came after `share` of the sale is paid.

    It finds `(rate - c / S) * share * T` orders before it, which leave at `c / S`, and then
    takes `S` itself.
    """
    waiting = peak_waiting(arrival_rate, station, share * duration_seconds)
    return (waiting / station.rate if waiting else 0.0) + station.seconds


def drain_time(arrival_rate: float, station: Stations, duration_seconds: float) -> float:
    """Return the seconds from the last order until all are paid: `waiting / (c / S) + S`."""
    return waiting_time(1.0, arrival_rate, station, duration_seconds)


def waiting_room(config: Mapping[str, str]) -> int:
    """Return how many orders one sync receiver lets wait for a payment slot.

    `maxPending`, or as many as can still be answered within the load balancer's idle timeout.
    """
    configured = int(config["maxPending"])
    if configured:
        return configured
    slots, seconds = int(config["paymentConcurrency"]), float(config["paymentSeconds"])
    if seconds == 0:
        return MAX_PENDING_CAP
    rounds = math.floor(float(config["loadBalancerIdleTimeoutSeconds"]) / seconds)
    return min(max(rounds * slots - slots, slots), MAX_PENDING_CAP)


def predict(
    topology: str,
    scenario: Scenario,
    config: Mapping[str, str],
    accept_seconds: float = published.ACCEPT_SECONDS,
) -> Measures:
    """Return what theory says about a sale; measures it knows nothing of stay None.

    `accept_seconds` is the mean time to accept an order without paying it. With the customers'
    thinking time it makes the offered load, and it is the only measured figure in here; where
    the customer waits for the payment it plays no part.
    """
    known = named(topology)
    workers = Stations(known.payment_slots(config), float(config["paymentSeconds"]))
    if known.answers_when_paid:
        return _predict_waiting(scenario, workers, config)
    return _predict_deferred(scenario, workers, accept_seconds)


def _predict_waiting(scenario: Scenario, workers: Stations, config: Mapping[str, str]) -> Measures:
    """The customer waits for the payment: a closed network with `c` payment slots."""
    users, think = scenario.users, MEAN_THINK_SECONDS
    rate = closed_throughput(users, think, workers)
    response = closed_response(users, think, workers)
    saturated = rate == workers.rate
    window = scenario.duration_seconds + response
    sent = round(rate * window) if saturated else orders_sent(scenario, think, response)
    room = int(config["receiverTasks"]) * waiting_room(config)
    crowded = users > (workers.slots or 0) + room
    return Measures(
        attempted=None if crowded else sent,
        accepted=sent,
        rejected=None if crowded else 0,
        failed=0,
        accepted_per_second=sent / window,
        accept_ms=Percentiles(p50=response * MILLISECONDS, p95=None, p99=None),
        paid=sent,
        paid_per_second=sent / window,
        time_to_paid_seconds=Percentiles(p50=response, p95=None, p99=None),
        peak_backlog=rate * response,
        drain_seconds=0,
        lost=0,
        duplicates=0,
        oversold=0,
    )


def _predict_deferred(scenario: Scenario, workers: Stations, accept_seconds: float) -> Measures:
    """The customer is answered immediately and the payment happens later: an open queue."""
    duration = scenario.duration_seconds
    sent = orders_sent(scenario, MEAN_THINK_SECONDS, accept_seconds)
    rate = sent / duration
    drain = drain_time(rate, workers, duration)
    p50, p95, p99 = (waiting_time(share, rate, workers, duration) for share in (0.50, 0.95, 0.99))
    return Measures(
        attempted=sent,
        accepted=sent,
        rejected=0,
        failed=0,
        accepted_per_second=sent / (duration + accept_seconds),
        paid=sent,
        paid_per_second=sent / (duration + drain),
        time_to_paid_seconds=Percentiles(p50=p50, p95=p95, p99=p99),
        peak_backlog=peak_waiting(rate, workers, duration)
        + in_service(scenario, accept_seconds + MEAN_THINK_SECONDS, workers),
        drain_seconds=drain,
        lost=0,
        duplicates=0,
        oversold=0,
    )
