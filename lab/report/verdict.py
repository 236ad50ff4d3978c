"""What the numbers say, in sentences: computed, so that they change when the numbers do."""

from __future__ import annotations

from dataclasses import dataclass

from lab.report import numbers
from lab.results.model import Results, ScenarioResult

PREFERRED_SALE = "flash"
BROKEN = {
    "lost": ("lost {n}", "order"),
    "duplicates": ("charged {n} more than once", "order"),
    "oversold": ("sold {n} that were not there", "unit"),
    "stock_mismatch": ("cannot account for {n} of stock", "unit"),
    "refunds_missing": ("kept the money of {n} it did not complete", "order"),
    "unpaid_completions": ("completed {n} without a charge", "order"),
    "wrong_amounts": ("charged a wrong amount for {n}", "order"),
}


@dataclass(frozen=True)
class Card:
    """One topology in three sentences."""

    topology: str
    kept: bool
    customers: str
    money: str
    bill: str


@dataclass(frozen=True)
class Verdict:
    """The report in short."""

    passed: bool
    headline: str
    sentences: list[str]
    cards: list[Card]


def main_sale(results: Results) -> str | None:
    """Return the sale that the verdict is about: the flash sale where there is one."""
    names = [name for topology in results.topologies.values() for name in topology.scenarios]
    return PREFERRED_SALE if PREFERRED_SALE in names else next(iter(names), None)


def sales(results: Results, scenario: str) -> dict[str, ScenarioResult]:
    """Return the sales of one scenario by topology."""
    found = {name: results.scenario(name, scenario) for name in results.topologies}
    return {name: sale for name, sale in found.items() if sale is not None}


def verdict(results: Results) -> Verdict:
    """Return the verdict on a run, finished or not."""
    scenario = main_sale(results)
    if scenario is None:
        return Verdict(passed=False, headline="Nothing was measured.", sentences=[], cards=[])
    compared = sales(results, scenario)
    sentences = [_customers(compared, scenario), _money(compared), _bill(compared)]
    return Verdict(
        passed=results.passed,
        headline=_headline(results),
        sentences=[sentence for sentence in sentences if sentence],
        cards=[_card(topology, sale, results) for topology, sale in compared.items()],
    )


def broken_promises(results: Results) -> list[str]:
    """Return one clause for each promise that a sale broke."""
    clauses = []
    for topology, result in results.topologies.items():
        for scenario, sale in result.scenarios.items():
            if sale.audit is None:
                clauses.append(f"{topology} was not audited in the {scenario} sale")
                continue
            for name, finding in sale.audit.promises().items():
                if finding.count:
                    text, thing = BROKEN[name]
                    said = text.format(n=numbers.plural(finding.count, thing))
                    clauses.append(f"{topology} {said} in the {scenario} sale")
    return clauses


def _headline(results: Results) -> str:
    broken = broken_promises(results)
    if broken:
        return f"Broken promises: {'; '.join(broken)}."
    audited = sum(
        sale.attempted or 0
        for topology in results.topologies.values()
        for sale in topology.scenarios.values()
    )
    kept = "No order lost, none charged twice, nothing oversold"
    return f"{kept}: {numbers.plural(audited, 'order')} audited one by one."


def _customers(compared: dict[str, ScenarioResult], scenario: str) -> str:
    """Who kept the customers, and how many orders the others never got."""
    best = max(compared, key=lambda name: compared[name].accepted or 0)
    first = compared[best]
    text = (
        f"{numbers.plural(first.users, 'customer')} shopped for "
        f"{numbers.plain(first.duration_seconds)} seconds in the {scenario} sale: "
        f"{best} took {numbers.plural(first.accepted or 0, 'order')} and answered half of them "
        f"within {_answered(first)}"
    )
    behind = [_behind(name, sale, first) for name, sale in compared.items() if _trails(sale, first)]
    return f"{text}; {numbers.joined(behind)}." if behind else f"{text}."


def _trails(sale: ScenarioResult, best: ScenarioResult) -> bool:
    """Less than half of the best: more than customers' thinking times can explain."""
    return 2 * (sale.accepted or 0) < (best.accepted or 0)


def _behind(name: str, sale: ScenarioResult, best: ScenarioResult) -> str:
    missing = (best.accepted or 0) - (sale.accepted or 0)
    return (
        f"{name} took {numbers.count(sale.accepted)} and let half of its customers wait "
        f"{_answered(sale)} or longer, so that {numbers.plural(missing, 'order')} never happened"
    )


def _answered(sale: ScenarioResult) -> str:
    return numbers.milliseconds(sale.accept_ms.p50 if sale.accept_ms else None)


def _money(compared: dict[str, ScenarioResult]) -> str:
    """Accepted is not paid: when the money came."""
    parts = []
    for name, sale in compared.items():
        if sale.drain_seconds is None:
            parts.append(f"{name} had not settled every order when the lab stopped waiting")
        elif sale.drain_seconds == 0:
            parts.append(f"{name} promised only what it had been paid for")
        else:
            after = numbers.seconds(sale.drain_seconds)
            parts.append(f"{name} had the last payment {after} after its last promise")
    return f"A promise is not a payment: {numbers.joined(parts)}."


def _bill(compared: dict[str, ScenarioResult]) -> str:
    known = {name: sale.bill for name, sale in compared.items() if sale.bill is not None}
    if not known:
        return ""
    totals = numbers.joined([f"{numbers.dollars(b.dollars)} ({n})" for n, b in known.items()])
    idle = [bill.always_on_dollars for bill in known.values()]
    span = numbers.dollars(min(idle))
    if len(idle) > 1:
        span += f" to {numbers.dollars(max(idle))}"
    return (
        f"A month with one million orders would cost {totals} on AWS; "
        f"{span} of it is due even if nobody orders."
    )


def _card(topology: str, sale: ScenarioResult, results: Results) -> Card:
    audits = [each.audit for each in results.topologies[topology].scenarios.values()]
    return Card(
        topology=topology,
        kept=all(each is not None and each.passed for each in audits),
        customers=_card_customers(sale),
        money=_card_money(sale),
        bill=_card_bill(sale),
    )


def _card_customers(sale: ScenarioResult) -> str:
    slowest = numbers.milliseconds(sale.accept_ms.p95 if sale.accept_ms else None)
    text = (
        f"{numbers.count(sale.accepted)} of {numbers.plural(sale.attempted or 0, 'order')} taken, "
        f"95 % answered within {slowest}"
    )
    turned_away = [
        f"{numbers.count(number)} {what}"
        for number, what in ((sale.rejected, "turned away"), (sale.failed, "failed"))
        if number
    ]
    return f"{text}; {numbers.joined(turned_away)}." if turned_away else f"{text}."


def _card_money(sale: ScenarioResult) -> str:
    slowest = sale.time_to_paid_seconds.p95 if sale.time_to_paid_seconds else None
    text = f"{numbers.count(sale.paid)} paid, 95 % within {numbers.seconds(slowest)} of the click"
    if sale.sold_out:
        text += f"; {numbers.count(sale.sold_out)} sold out and refunded"
    return f"{text}."


def _card_bill(sale: ScenarioResult) -> str:
    if sale.bill is None:
        return "not known: the services logged no requests."
    return (
        f"{numbers.dollars(sale.bill.dollars)} for a month with a million orders: "
        f"{numbers.dollars(sale.bill.per_order_dollars)} for the orders, "
        f"{numbers.dollars(sale.bill.always_on_dollars)} always on."
    )
