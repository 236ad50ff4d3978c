"""What a run of the lab leaves behind: the shape of `results.json`, schema 1.

A measure that could not be taken is None, never a guess.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from lab.results.cold_start import ColdStart

SCHEMA = 1

Sample = tuple[float, int, int]
"""Second since the sale began, orders waiting, orders in work."""
Bin = tuple[float, float, int]
"""Lower edge, upper edge, count."""


@dataclass(frozen=True)
class Percentiles:
    """Nearest-rank percentiles: each is a value that was really measured."""

    p50: float | None
    p95: float | None
    p99: float | None


@dataclass(frozen=True)
class Measures:
    """The measures of one sale, by the design's names; also what theory predicts for them.

    `accepted_per_second` and `paid_per_second` divide by the time from the first order sent to
    the last answer, or the last settlement: open orders at the end of the sale count with the
    time that they took. `time_to_paid_seconds` runs from the customer's click to the settlement.
    """

    attempted: int | None = None
    accepted: int | None = None
    rejected: int | None = None
    failed: int | None = None
    accepted_per_second: float | None = None
    accept_ms: Percentiles | None = None
    paid: int | None = None
    paid_per_second: float | None = None
    time_to_paid_seconds: Percentiles | None = None
    peak_backlog: float | None = None
    drain_seconds: float | None = None
    lost: int | None = None
    duplicates: int | None = None
    oversold: int | None = None
    api_calls_per_order: float | None = None
    dollars_per_million_orders: float | None = None


@dataclass(frozen=True)
class Finding:
    """One way in which the ledgers may disagree: how often, and a few order or product ids."""

    count: int
    examples: tuple[str, ...] = ()


NOTHING_FOUND = Finding(0)


@dataclass(frozen=True)
class Audit:
    """Client records, orders table, payment ledger and stock, held against each other.

    Every finding but `unanswered` breaks a promise. `unanswered` are orders in the table whose
    customer got no answer or an error: allowed, and settled like any other.
    """

    lost: Finding
    duplicates: Finding
    oversold: Finding
    stock_mismatch: Finding
    refunds_missing: Finding
    unpaid_completions: Finding
    wrong_amounts: Finding
    unanswered: Finding
    drained: bool
    not_told: Finding = NOTHING_FOUND
    told_wrongly: Finding = NOTHING_FOUND

    def promises(self) -> dict[str, Finding]:
        """Return the findings that must be empty, by name."""
        names = (
            "lost",
            "duplicates",
            "oversold",
            "stock_mismatch",
            "refunds_missing",
            "unpaid_completions",
            "wrong_amounts",
            "not_told",
            "told_wrongly",
        )
        return {name: getattr(self, name) for name in names}

    @property
    def passed(self) -> bool:
        """Whether every promise was kept."""
        return all(finding.count == 0 for finding in self.promises().values())


@dataclass(frozen=True)
class BillLine:
    """One line of the bill: what it is, how much of it, its list price, and the dollars."""

    item: str
    quantity: float
    unit: str
    unit_price: float
    dollars: float


@dataclass(frozen=True)
class Bill:
    """The AWS bill of a month with exactly one million orders at list prices."""

    orders: int
    per_order: list[BillLine]
    always_on: list[BillLine]

    @property
    def per_order_dollars(self) -> float:
        """What grows with the orders."""
        return sum(line.dollars for line in self.per_order)

    @property
    def always_on_dollars(self) -> float:
        """What a month costs without a single order."""
        return sum(line.dollars for line in self.always_on)

    @property
    def dollars(self) -> float:
        """The whole bill."""
        return self.per_order_dollars + self.always_on_dollars


@dataclass(frozen=True)
class ScenarioResult(Measures):
    """One sale on one topology.

    `memory_mib` is what emulator, services, functions and Locust took together at the peak,
    `machine_busy_percent` the mean load of all cores during the sale, `emulator_busy_percent` the
    emulator's, of the one core that its interpreter can use.
    """

    users: int = 0
    duration_seconds: float = 0
    spawn_rate: float = 0
    started_at: str = ""
    sold_out: int = 0
    declined: int = 0
    predicted: Measures = field(default_factory=Measures)
    audit: Audit | None = None
    bill: Bill | None = None
    backlog: list[Sample] = field(default_factory=list)
    accept_ms_histogram: list[Bin] = field(default_factory=list)
    time_to_paid_histogram: list[Bin] = field(default_factory=list)
    api_calls: dict[str, float] = field(default_factory=dict)
    machine_busy_percent: float | None = None
    emulator_busy_percent: float | None = None
    memory_mib: float | None = None


@dataclass(frozen=True)
class TopologyResult:
    """Every sale on one topology, and the configuration that was measured."""

    config: dict[str, str]
    outputs: dict[str, str]
    scenarios: dict[str, ScenarioResult]
    deploy_seconds: float | None = None
    cold_start: ColdStart | None = None


@dataclass(frozen=True)
class Machine:
    """What the run was measured on."""

    cores: int
    python: str
    platform: str
    emulator: str
    memory_gib: float | None = None


@dataclass(frozen=True)
class Results:
    """One run of the lab; `finished_at` is None while it is under way or was broken off."""

    started_at: str
    finished_at: str | None
    machine: Machine
    scale: str
    topologies: dict[str, TopologyResult]
    schema: int = SCHEMA

    def scenario(self, topology: str, scenario: str) -> ScenarioResult | None:
        """Return one sale, or None where it was not run."""
        result = self.topologies.get(topology)
        return result.scenarios.get(scenario) if result else None

    @property
    def cold_start(self) -> ColdStart | None:
        """What was measured of a function's start, if it was."""
        found = (each.cold_start for each in self.topologies.values())
        return next((each for each in found if each is not None), None)

    @property
    def passed(self) -> bool:
        """Whether no audit found a broken promise; a sale without an audit does not pass."""
        return all(
            sale.audit is not None and sale.audit.passed
            for topology in self.topologies.values()
            for sale in topology.scenarios.values()
        )
