"""What arithmetic says about the predecessors' published peaks."""

from __future__ import annotations

from collections.abc import Sequence

from lab.scale.published import (
    ACCEPTED_PER_SECOND,
    PAYMENT_SECONDS,
    PUBLISHED_PEAKS,
    SYNC_PER_SECOND,
    SYNC_SLOTS,
    end_of_sale,
    fitting_seconds,
    published_readings,
    rate_that_fits,
    workers_it_would_take,
)
from terminal import numbers

SAME = 0.01
# A reading that must fall on fewer of the minute's seconds than this is no good explanation.
UNLIKELY_SECONDS = 3.0
LAG = (
    "SQS documents its counts as approximate, and as consistent only a minute after the last "
    "message was sent"
)


def explain_peak(workers: int) -> str:
    """Return in a sentence or two what arithmetic says about a published peak."""
    published, end = PUBLISHED_PEAKS[workers], end_of_sale(workers)
    if abs(end - published) < SAME * published:
        return "The same within one percent."
    fits = fitting_seconds(workers)
    said = f"Read once a minute, as by CloudWatch, the peak shows as {_range(workers)}"
    if fits >= UNLIKELY_SECONDS:
        return f"{said}, depending on when the readings fall."
    if fits:
        certain = f"{fits:.1g} certain seconds of the minute"
        return f"{said}: so little only if a reading falls within {certain}."
    rate = numbers.decimal(rate_that_fits(workers))
    return f"{said}: so little only at {rate} accepted orders a second or less. {LAG}."


def their_readings(listed: Sequence[int]) -> list[str]:
    """Return which of the published peaks readings once a minute explain, and which not."""
    likely = [w for w in listed if fitting_seconds(w) >= UNLIKELY_SECONDS]
    unlikely = [w for w in listed if 0 < fitting_seconds(w) < UNLIKELY_SECONDS]
    impossible = [w for w in listed if not fitting_seconds(w)]
    said = [
        *([_likely(likely)] if likely else []),
        *(_unlikely(workers) for workers in unlikely),
        *(_impossible(workers) for workers in impossible),
    ]
    if unlikely or impossible:
        said.append(
            "What would explain the low ones is a sale that was accepted more slowly than on "
            f"average, or counts that lagged: {LAG}. Which it was, the sources do not say."
        )
    return [f"Their readings. {' '.join(said)}"] if said else []


def not_the_workers(listed: Sequence[int]) -> list[str]:
    """Return what the published peaks would mean if they were the highest points themselves."""
    low = [w for w in listed if end_of_sale(w) - PUBLISHED_PEAKS[w] > SAME * PUBLISHED_PEAKS[w]]
    if not low:
        return []
    ends = numbers.joined([numbers.count(end_of_sale(w)) for w in low])
    would = numbers.joined([numbers.count(workers_it_would_take(w)) for w in low])
    have = numbers.joined([numbers.plural(w, "worker") for w in low])
    text = (
        f"Not the workers. By arithmetic {have} leave {ends} orders waiting at the sale's end. "
        f"Were the published figures that moment's, the workers would have paid like {would}: no "
        f"one mistake makes these factors, and payments did take {PAYMENT_SECONDS:g} s, for "
        f"{SYNC_SLOTS} payment slots paid {SYNC_PER_SECOND:g} orders a second in their sync runs, "
        f"which is {SYNC_SLOTS} / {PAYMENT_SECONDS:g} s."
    )
    return [text]


def _likely(likely: Sequence[int]) -> str:
    shown = [f"{_peak(workers)} ({_range(workers)} is possible)" for workers in likely]
    return (
        f"At {ACCEPTED_PER_SECOND:g} accepted orders a second and {PAYMENT_SECONDS:g} s a payment, "
        f"readings once a minute explain {numbers.joined(shown)}."
    )


def _unlikely(workers: int) -> str:
    return (
        f"{_peak(workers)} is possible ({_range(workers)}), but only if a reading fell within "
        f"{fitting_seconds(workers):.1g} certain seconds of the minute."
    )


def _impossible(workers: int) -> str:
    least, _ = published_readings(workers)
    return (
        f"{_peak(workers)} is not: it is {1 - PUBLISHED_PEAKS[workers] / least:.0%} below the "
        f"least that such readings show ({_range(workers)}), and fits at most "
        f"{numbers.decimal(rate_that_fits(workers))} accepted orders a second."
    )


def _peak(workers: int) -> str:
    return f"{numbers.count(PUBLISHED_PEAKS[workers])} with {numbers.plural(workers, 'worker')}"


def _range(workers: int) -> str:
    least, most = map(numbers.count, published_readings(workers))
    return f"{least} to {most}"
