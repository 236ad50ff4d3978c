"""What was measured of a drain, as figures and as a table."""

from __future__ import annotations

import msgspec
from rich.table import Table

COLUMNS = ("", "orders/s", "of the limit", "whole drain", "CPU ms", "RSS MiB", "calls", "twice")


class Result(msgspec.Struct):
    """One drain; shares are None where nothing but the machine is the limit.

    With payments of 3 s, orders per second are those of the steady state: after each worker's first
    four orders and before the queue is empty. The whole drain is there as well.
    """

    orders_per_second: float
    share_of_limit: float | None
    share_of_limit_in_the_whole_drain: float | None
    cpu_ms_per_order: float
    rss_mib: float
    api_calls_per_order: float
    duplicates: int


def share_of_time_paying(
    charged_at: list[float], workers: int, payment_seconds: float, warm_up_rounds: int
) -> float:
    """Return how much of the workers' time was payments while there was work for all of them.

    That is from the end of the warm-up, in which each began so many orders, until the last order is
    begun. Times are in seconds, the earliest first.
    """
    begun_at = [at - payment_seconds for at in charged_at]
    start, end = begun_at[workers * warm_up_rounds], begun_at[-1]
    paying = sum(
        max(0.0, min(charged, end) - max(begun, start))
        for begun, charged in zip(begun_at, charged_at, strict=True)
    )
    return paying / (workers * (end - start))


def table(title: str, results: dict[str, Result]) -> Table:
    """Return the results side by side."""
    shown = Table(title=title)
    for column in COLUMNS:
        shown.add_column(column, justify="right")
    for name, result in results.items():
        shares = result.share_of_limit, result.share_of_limit_in_the_whole_drain
        shown.add_row(
            name,
            f"{result.orders_per_second:g}",
            *("" if share is None else f"{share:.1%}" for share in shares),
            f"{result.cpu_ms_per_order:g}",
            f"{result.rss_mib:g}",
            f"{result.api_calls_per_order:g}",
            str(result.duplicates),
        )
    return shown
