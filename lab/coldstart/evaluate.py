"""What a measured start is on Lambda: time by memory, and what being ready beforehand costs."""

from __future__ import annotations

from dataclasses import dataclass

from lab.measure.bill import HOURS_PER_MONTH, ORDERS
from lab.measure.prices import SECONDS_PER_HOUR, price_list
from lab.results.cold_start import ColdStart

# One vCPU; below it a function has a share in proportion, above it none that one thread can use.
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
FULL_CPU_MB = 1769
MEMORY_MB = (128, 256, 512, 1024, FULL_CPU_MB)
STARTS = 1000


@dataclass(frozen=True)
class AtMemory:
    """A start and an order at one memory size.

    `added_ms` is what a later order does not take, `added_share` the same in payments.
    """

    memory_mb: int
    init_ms: float
    first_ms: float
    warm_ms: float
    added_ms: float
    added_share: float
    dollars_per_million_orders: float
    dollars_per_thousand_starts: float

    @property
    def cold_ms(self) -> float:
        """What the first order of an environment takes besides its payment."""
        return self.init_ms + self.first_ms


@dataclass(frozen=True)
class Readiness:
    """What keeps starts away, at the configured memory, in dollars.

    `snapshot_month` is one version's, `environment_month` one provisioned environment's.
    """

    snapshot_month: float
    thousand_restores: float
    environment_month: float
    environment_hour: float


def at_memory(measured: ColdStart, memory_mb: int) -> AtMemory:
    """Return the figures at that size, INIT at a whole vCPU, orders at the function's own share."""
    share = min(1.0, memory_mb / FULL_CPU_MB)
    first, warm = measured.first_ms / share, measured.warm_ms / share
    added = measured.init_ms + first - warm
    return AtMemory(
        memory_mb=memory_mb,
        init_ms=measured.init_ms,
        first_ms=first,
        warm_ms=warm,
        added_ms=added,
        added_share=added / 1000 / measured.payment_seconds if measured.payment_seconds else 0.0,
        dollars_per_million_orders=ORDERS
        * (
            _running(measured, memory_mb, measured.payment_seconds + warm / 1000)
            + _dollars("lambda_request")
        ),
        dollars_per_thousand_starts=STARTS * _running(measured, memory_mb, added / 1000),
    )


def readiness(measured: ColdStart) -> Readiness:
    """Return what SnapStart and provisioned concurrency cost at the configured memory."""
    gb = measured.memory_mb / 1024
    idle_hour = gb * SECONDS_PER_HOUR * _dollars(f"lambda_provisioned_{measured.architecture}")
    month_seconds = HOURS_PER_MONTH * SECONDS_PER_HOUR
    return Readiness(
        snapshot_month=gb * month_seconds * _dollars("lambda_snapshot_gb_second"),
        thousand_restores=gb * STARTS * _dollars("lambda_snapshot_restore_gb"),
        environment_month=idle_hour * HOURS_PER_MONTH,
        environment_hour=idle_hour,
    )


def _running(measured: ColdStart, memory_mb: int, seconds: float) -> float:
    return memory_mb / 1024 * seconds * _dollars(f"lambda_gb_second_{measured.architecture}")


def _dollars(price: str) -> float:
    return price_list().prices[price].dollars
