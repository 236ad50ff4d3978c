"""The report's tables, ready for the template."""

from __future__ import annotations

from dataclasses import dataclass

from lab.load.scenarios import FLASH
from lab.published import published
from lab.report.rows import ROWS
from lab.report.verdict import TASK_ITEM, sales, scenario_names
from lab.results.model import Bill, Results, ScenarioResult
from terminal import numbers

Columns = dict[str, dict[str, ScenarioResult]]
"""The sales of each topology, or whatever else stands side by side, by scenario."""

FINDINGS = {
    "lost": "promised and never settled",
    "duplicates": "charged more than once",
    "oversold": "units sold beyond the stock",
    "stock_mismatch": "units of stock that no completed order explains",
    "refunds_missing": "charged, not completed, not refunded",
    "unpaid_completions": "completed without a charge",
    "wrong_amounts": "charged another amount than the order's total",
    "not_told": "settled, and its customer not told (where somebody tells)",
    "told_wrongly": "customer told of what is not so",
}


@dataclass(frozen=True)
class MeasureRow:
    """One measure: name, meaning, (measured, predicted) for each topology, and published."""

    name: str
    meaning: str
    cells: list[tuple[str, str]]
    published: str


@dataclass(frozen=True)
class MeasureTable:
    """The measures of one scenario."""

    caption: str
    topologies: list[str]
    rows: list[MeasureRow]

    @property
    def published(self) -> bool:
        """Whether a figure in it has a predecessor."""
        return any(row.published for row in self.rows)


def measure_tables(results: Results) -> list[MeasureTable]:
    """Return one table a scenario, the flash sale first: it is what the report is about."""
    names = sorted(scenario_names(results), key=lambda name: name != FLASH.name)
    return [_measure_table(name, sales(results, name)) for name in names]


def _measure_table(scenario: str, compared: dict[str, ScenarioResult]) -> MeasureTable:
    first = next(iter(compared.values()))
    seconds = numbers.plain(first.duration_seconds)
    rows = [
        MeasureRow(
            name=row.name,
            meaning=row.meaning,
            cells=[(row.show(sale), row.show(sale.predicted)) for sale in compared.values()],
            published=published(scenario, row.name, list(compared)),
        )
        for row in ROWS
    ]
    return MeasureTable(
        caption=f"The {scenario} sale: {first.users} customers, {seconds} seconds",
        topologies=list(compared),
        rows=rows,
    )


@dataclass(frozen=True)
class AuditCell:
    """One count, and whether it breaks a promise."""

    text: str
    bad: bool


@dataclass(frozen=True)
class AuditRow:
    """One finding, a cell for each column with its sales added up."""

    name: str
    text: str
    cells: list[AuditCell]


@dataclass(frozen=True)
class AuditTable:
    """All findings over all sales, and examples of what was found."""

    columns: list[str]
    rows: list[AuditRow]
    notes: list[str]


def audit_table(results: Results) -> AuditTable:
    """Return the audits of the topologies side by side."""
    return audit_columns({name: each.scenarios for name, each in results.topologies.items()})


def audit_columns(columns: Columns) -> AuditTable:
    """Return one column of audits for each name, its sales added up."""
    rows = [_audit_row(name, text, columns, bad=True) for name, text in FINDINGS.items()]
    allowed = "stored although the customer got no promise (allowed)"
    rows.append(_audit_row("unanswered", allowed, columns, bad=False))
    return AuditTable(columns=list(columns), rows=rows, notes=_notes(columns))


def _audit_row(name: str, text: str, columns: Columns, *, bad: bool) -> AuditRow:
    cells = []
    for sales_of in columns.values():
        audits = [sale.audit for sale in sales_of.values() if sale.audit is not None]
        found = sum(getattr(audit, name).count for audit in audits) if audits else None
        cells.append(AuditCell(numbers.count(found), bad=bad and bool(found)))
    return AuditRow(name=name, text=text, cells=cells)


def _notes(columns: Columns) -> list[str]:
    return [
        f"{column}, {scenario} sale, {name}: {', '.join(finding.examples)}"
        for column, sales_of in columns.items()
        for scenario, sale in sales_of.items()
        if sale.audit is not None
        for name, finding in sale.audit.promises().items()
        if finding.count
    ]


@dataclass(frozen=True)
class BillRow:
    """One item of the bill over the topologies."""

    item: str
    cells: list[str]
    total: bool = False


@dataclass(frozen=True)
class BillTable:
    """The bills side by side."""

    topologies: list[str]
    rows: list[BillRow]


def bill_table(compared: dict[str, ScenarioResult]) -> BillTable | None:
    """Return the bills side by side, or None when there is none."""
    bills = {name: sale.bill for name, sale in compared.items() if sale.bill is not None}
    if not bills:
        return None
    known = list(bills.values())
    rows = [
        *_item_rows([{line.item: line.dollars for line in bill.per_order} for bill in known]),
        _total("for the orders", [bill.per_order_dollars for bill in known]),
        *_item_rows([_always_on(bill) for bill in known]),
        _total("always on", [bill.always_on_dollars for bill in known]),
        _total("dollars_per_million_orders", [bill.dollars for bill in known]),
    ]
    return BillTable(topologies=list(bills), rows=rows)


def _always_on(bill: Bill) -> dict[str, float]:
    """Return dollars by item; the number of Fargate tasks differs, their item should not."""
    dollars: dict[str, float] = {}
    for line in bill.always_on:
        item = "Fargate tasks" if TASK_ITEM in line.item else line.item
        dollars[item] = dollars.get(item, 0.0) + line.dollars
    return dollars


def _item_rows(columns: list[dict[str, float]]) -> list[BillRow]:
    items = dict.fromkeys(item for column in columns for item in column)
    used = [item for item in items if any(column.get(item) for column in columns)]
    return [BillRow(item, [numbers.dollars(c.get(item) or None) for c in columns]) for item in used]


def _total(item: str, dollars: list[float]) -> BillRow:
    return BillRow(item, [numbers.dollars(each) for each in dollars], total=True)
