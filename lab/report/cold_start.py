"""Cold starts in the report and the terminal: a table by memory size, and what is behind it."""

from __future__ import annotations

from dataclasses import dataclass

from lab.coldstart.evaluate import MEMORY_MB, AtMemory, at_memory, readiness
from lab.published import INIT_MS, INIT_SHARE
from lab.results.cold_start import ColdStart
from terminal import numbers

COLUMNS = (
    "memory",
    "INIT",
    "first order",
    "later order",
    "a start adds",
    "of a payment",
    "$ per million orders",
    "$ per 1,000 starts",
)


@dataclass(frozen=True)
class ColdStartTable:
    """Rows of `COLUMNS`, those of the configured memory marked, and sentences around them."""

    rows: list[tuple[bool, list[str]]]
    measured: str
    ready: str
    theirs: str
    limits: str


def cold_start_table(measured: ColdStart) -> ColdStartTable:
    """Return the table and its sentences."""
    sizes = sorted({*MEMORY_MB, measured.memory_mb})
    return ColdStartTable(
        rows=[(size == measured.memory_mb, _cells(at_memory(measured, size))) for size in sizes],
        measured=_measured(measured),
        ready=_ready(measured),
        theirs=_theirs(),
        limits=(
            "CPU time of one core of this machine, which is not Lambda's; Lambda's own runtime "
            "client and the first TLS handshakes are not in it. INIT is taken to run on a whole "
            "vCPU whatever the memory, as users report it; AWS does not promise that."
        ),
    )


def _cells(at: AtMemory) -> list[str]:
    return [
        f"{at.memory_mb:,} MB",
        numbers.milliseconds(at.init_ms),
        numbers.milliseconds(at.first_ms),
        numbers.milliseconds(at.warm_ms),
        numbers.milliseconds(at.added_ms),
        f"{100 * at.added_share:.1f} %",
        numbers.dollars(at.dollars_per_million_orders),
        f"${at.dollars_per_thousand_starts:.4f}",
    ]


def _measured(measured: ColdStart) -> str:
    return (
        f"Medians of {numbers.plural(measured.runs, 'fresh process', 'fresh processes')} of the "
        f"deployed function: INIT {numbers.milliseconds(measured.init_ms)} of CPU, first order "
        f"{numbers.milliseconds(measured.first_ms)}, second "
        f"{numbers.milliseconds(measured.second_ms)}, later ones "
        f"{numbers.milliseconds(measured.warm_ms)}; {measured.resident_mb:.0f} MB resident; code "
        f"and layer {measured.unzipped_mb:.2f} MB, zipped {measured.zipped_mb:.2f} MB."
    )


def _ready(measured: ColdStart) -> str:
    cost = readiness(measured)
    return (
        f"Being ready beforehand at {measured.memory_mb:,} MB: SnapStart keeps the snapshot of a "
        f"version for {numbers.dollars(cost.snapshot_month)} a month and takes "
        f"{numbers.dollars(cost.thousand_restores)} for a thousand restores; an environment under "
        f"provisioned concurrency costs {numbers.dollars(cost.environment_month)} a month, "
        f"${cost.environment_hour:.4f} an hour."
    )


def _theirs() -> str:
    ranges = [f"{low:,} to {high:,} ms" for low, high in INIT_MS]
    return (
        f"Published for functions in Go: an initialisation of {numbers.joined(ranges)} in two "
        f"documents, {100 * INIT_SHARE:.1f} % of a payment of 3 s in the first of them."
    )
