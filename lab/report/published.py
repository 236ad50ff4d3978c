"""What predecessors published, beside what was measured here, and their errors put right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lab.load.scenarios import FLASH, MEAN_THINK_SECONDS
from lab.measure.little import Stations, closed_response, closed_throughput
from lab.report.scale_published import explain_peak
from lab.results.model import Results, ScenarioResult
from lab.scale.published import PAYMENT_SECONDS, PUBLISHED_PEAKS, end_of_sale
from terminal import numbers

NOT_RUN = "not run"


@dataclass(frozen=True)
class Comparison:
    """One published figure, what theory says, what was measured here, and why they differ."""

    what: str
    published: str
    theory: str
    here: str
    explanation: str


@dataclass(frozen=True)
class Correction:
    """One wrong statement in the sources, and what is right."""

    claim: str
    correction: str


def comparisons(results: Results) -> list[Comparison]:
    """Return the published figures beside this run's."""
    return [
        _one_slot(),
        _five_slots(results),
        _async_rate(results),
        *_peaks(results),
        _cold_start(),
    ]


def _measured(results: Results, topology: str, show: Callable[[ScenarioResult], str]) -> str:
    sale = results.scenario(topology, FLASH.name)
    return NOT_RUN if sale is None else show(sale)


def _one_slot() -> Comparison:
    till = Stations(1, PAYMENT_SECONDS)
    rate = closed_throughput(FLASH.users, MEAN_THINK_SECONDS, till)
    wait = closed_response(FLASH.users, MEAN_THINK_SECONDS, till)
    return Comparison(
        what="sync, one payment slot, 20 users, 60 s",
        published="19 to 29 orders, 29.5 s mean wait",
        theory=f"{rate * FLASH.duration_seconds:.0f} orders, {wait:.1f} s wait",
        here=NOT_RUN,
        explanation=(
            "The published mean leaves out those who were still waiting at the end: the orders "
            "answered after 3, 6, ... 57 s average 30 s. Here open orders are waited for and count."
        ),
    )


def _five_slots(results: Results) -> Comparison:
    till = Stations(5, PAYMENT_SECONDS)
    rate = closed_throughput(FLASH.users, MEAN_THINK_SECONDS, till)
    wait = closed_response(FLASH.users, MEAN_THINK_SECONDS, till)
    return Comparison(
        what="sync, five payment slots, 20 users, 60 s",
        published="95 orders, 1.66/s, 10.7 s mean wait",
        theory=f"{rate:.2f}/s, {wait:.1f} s wait",
        here=_measured(results, "sync", _rate_and_wait),
        explanation=(
            "Five slots finish five orders every 3 s. The published mean is lower because the "
            "first customers find the shop empty; in the long run everybody waits 11.7 s."
        ),
    )


def _async_rate(results: Results) -> Comparison:
    fastest, slowest = (FLASH.users / (MEAN_THINK_SECONDS + s) for s in (0.033, 0.041))
    return Comparison(
        what="async, 20 users, 60 s",
        published="57 to 58 accepted/s, 33 to 41 ms",
        theory=f"{slowest:.1f} to {fastest:.1f}/s at that latency",
        here=_measured(results, "async", _rate_and_wait),
        explanation=(
            "Closed workload: the customers' thinking (0.3 s) sets the rate, not the server. "
            "On one machine there is no network between client, service and AWS."
        ),
    )


def _rate_and_wait(sale: ScenarioResult) -> str:
    wait = numbers.milliseconds(sale.accept_ms.p50 if sale.accept_ms else None)
    seconds = numbers.plain(sale.duration_seconds)
    return f"{numbers.decimal(sale.accepted_per_second)}/s, {wait} median ({seconds} s sale)"


def _peaks(results: Results) -> list[Comparison]:
    return [
        Comparison(
            what=f"async, peak of visible messages, {numbers.plural(workers, 'worker')}",
            published=numbers.count(peak),
            theory=numbers.count(end_of_sale(workers)),
            here=_peak_here(results, workers),
            explanation=explain_peak(workers),
        )
        for workers, peak in PUBLISHED_PEAKS.items()
    ]


def _peak_here(results: Results, workers: int) -> str:
    """Return the most messages that waited in this run, if it had that many workers."""
    sale = results.scenario("async", FLASH.name)
    if sale is None or not sale.backlog:
        return NOT_RUN
    config = results.topologies["async"].config
    if int(config["processorTasks"]) * int(config["processorConcurrency"]) != workers:
        return NOT_RUN
    peak = max(waiting for _, waiting, _ in sale.backlog)
    return f"{numbers.count(peak)} ({numbers.plain(sale.duration_seconds)} s sale)"


def _cold_start() -> Comparison:
    return Comparison(
        what="Lambda, initialisation at a cold start",
        published="66 to 78 ms (one source: 188 to 1,409 ms)",
        theory="none",
        here="not measured",
        explanation=(
            "Published for a Go binary. The emulator reports no Init Duration, and the lab's "
            "environments are forked from a warm parent."
        ),
    )


CORRECTIONS = (
    Correction(
        "60 orders a second at 3 s each need about 60 workers.",
        "They need 60 x 3 = 180: work in progress is rate times time (Little's law).",
    ),
    Correction(
        "Async processed 3,500 orders in 60 s, 184 times as many as sync.",
        "It accepted them. Twenty workers pay 6.67 a second: 400 in that minute, and the rest in "
        "the eight minutes after it.",
    ),
    Correction(
        "ECS costs $17 a month, Lambda nothing up to 267,000 orders.",
        "The $17 are two Fargate tasks. Load balancer, NAT gateway and addresses cost several "
        "times that, and all three topologies have them; Lambda replaces one of the two tasks.",
    ),
    Correction(
        "Lambda breaks even with ECS at about one million orders a month.",
        "Only against both tasks and with the free tier, which the sources then leave out of their "
        "own row for a million ($25.20; with it $18.33). Against the one task that Lambda "
        "replaces ($8.50) it is 337,000 orders a month, or 607,000 with the free tier.",
    ),
    Correction(
        "SNS retries twice, then drops the order.",
        "That is Lambda's asynchronous invocation: two retries after an error, then its "
        "dead-letter queue. SNS itself retries a delivery to Lambda or SQS over 23 days.",
    ),
    Correction(
        "Lambda scales automatically with any load.",
        "Up to the account's limit, 1,000 environments at once by default: at 3 s each that is "
        "333 orders a second.",
    ),
)
