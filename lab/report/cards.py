"""Each topology in three sentences: customers, money, bill."""

from __future__ import annotations

from dataclasses import dataclass

from lab.results.model import Results, ScenarioResult
from terminal import numbers

# From here on whoever comes waits for whoever came before.
FULL_CORES_PERCENT = 90
FULL_EMULATOR_PERCENT = 75


@dataclass(frozen=True)
class Card:
    """One topology in three sentences."""

    topology: str
    kept: bool
    customers: str
    money: str
    bill: str


def make_card(topology: str, sale: ScenarioResult, results: Results) -> Card:
    """Return a topology in short: the audits of all its sales, the figures of one."""
    audits = [each.audit for each in results.topologies[topology].scenarios.values()]
    return Card(
        topology=topology,
        kept=all(each is not None and each.passed for each in audits),
        customers=_customers(sale),
        money=_money(sale),
        bill=_bill(sale),
    )


def machine_limit(sale: ScenarioResult) -> str:
    """Return what of this machine was full during the sale; empty if nothing was."""
    if (sale.emulator_busy_percent or 0) > FULL_EMULATOR_PERCENT:
        return f"the emulator had its one core busy for {sale.emulator_busy_percent:.0f} % of it"
    if (sale.machine_busy_percent or 0) > FULL_CORES_PERCENT:
        return f"all cores were busy for {sale.machine_busy_percent:.0f} % of it"
    return ""


def _beside(sale: ScenarioResult) -> str:
    return " (this machine's limit)" if machine_limit(sale) else ""


def _customers(sale: ScenarioResult) -> str:
    slowest = numbers.milliseconds(sale.accept_ms.p95 if sale.accept_ms else None)
    text = (
        f"{numbers.count(sale.accepted)} of {numbers.plural(sale.attempted or 0, 'order')} taken, "
        f"95 % answered within {slowest}{_beside(sale)}"
    )
    turned_away = [
        f"{numbers.count(number)} {what}"
        for number, what in ((sale.rejected, "turned away"), (sale.failed, "failed"))
        if number
    ]
    return f"{text}; {numbers.joined(turned_away)}." if turned_away else f"{text}."


def _money(sale: ScenarioResult) -> str:
    slowest = sale.time_to_paid_seconds.p95 if sale.time_to_paid_seconds else None
    text = f"{numbers.count(sale.paid)} paid, 95 % within {numbers.seconds(slowest)} of the click"
    text += _beside(sale)
    if sale.sold_out:
        text += f"; {numbers.count(sale.sold_out)} sold out and refunded"
    return f"{text}."


def _bill(sale: ScenarioResult) -> str:
    if sale.bill is None:
        return "not known: the services logged no requests."
    return (
        f"{numbers.dollars(sale.bill.dollars)} for a month with a million orders: "
        f"{numbers.dollars(sale.bill.per_order_dollars)} for the orders, "
        f"{numbers.dollars(sale.bill.always_on_dollars)} always on."
    )
