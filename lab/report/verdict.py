"""What the numbers say, in sentences: computed, so that they change when the numbers do."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from lab.load.scenarios import FLASH
from lab.measure.littles_law import workers_needed
from lab.report.cards import Card, machine_limit, make_card
from lab.results.model import Results, ScenarioResult
from lab.topologies import SYNC
from terminal import numbers

TASK_ITEM = "Fargate"
BROKEN = {
    "lost": ("lost {n}", "order"),
    "duplicates": ("charged {n} more than once", "order"),
    "oversold": ("sold {n} that were not there", "unit"),
    "stock_mismatch": ("cannot account for {n} of stock", "unit"),
    "refunds_missing": ("kept the money of {n} it did not complete", "order"),
    "unpaid_completions": ("completed {n} without a charge", "order"),
    "wrong_amounts": ("charged a wrong amount for {n}", "order"),
    "not_told": ("told no customer of {n} that had settled", "order"),
    "told_wrongly": ("told customers of {n} what was not so", "order"),
}


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
    return FLASH.name if FLASH.name in names else next(iter(names), None)


def scenario_names(results: Results) -> list[str]:
    """Return the scenarios of a run in the order in which they were run."""
    names = [name for topology in results.topologies.values() for name in topology.scenarios]
    return list(dict.fromkeys(names))


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
    sentences = [
        _customers(compared, scenario),
        _money(compared),
        _bill(compared),
        _sync_at_that_rate(results, compared),
        *machine_limits(compared),
    ]
    return Verdict(
        passed=results.passed,
        headline=_headline(results),
        sentences=[sentence for sentence in sentences if sentence],
        cards=[make_card(topology, sale, results) for topology, sale in compared.items()],
    )


def broken_promises(results: Results) -> list[str]:
    """Return one clause for each promise that a sale broke."""
    return [
        clause
        for topology, result in results.topologies.items()
        for scenario, sale in result.scenarios.items()
        for clause in broken_clauses(topology, scenario, sale)
    ]


def broken_clauses(who: str, scenario: str, sale: ScenarioResult) -> list[str]:
    """Return one clause for each promise that `who` broke in this sale."""
    if sale.audit is None:
        return [f"{who} was not audited in the {scenario} sale"]
    clauses = []
    for name, finding in sale.audit.promises().items():
        if finding.count:
            text, thing = BROKEN[name]
            said = text.format(n=numbers.plural(finding.count, thing))
            clauses.append(f"{who} {said} in the {scenario} sale")
    return clauses


def machine_limits(compared: Mapping[str, ScenarioResult]) -> list[str]:
    """Return a sentence for each sale whose times are this machine's rather than the topology's."""
    return [
        f"{name} was at this machine's limit ({why}): its times say more about the machine than "
        "about AWS."
        for name, sale in compared.items()
        if (why := machine_limit(sale))
    ]


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


def _sync_at_that_rate(results: Results, compared: dict[str, ScenarioResult]) -> str:
    """What sync would cost if it served the customers that it let wait."""
    sync = compared.get(SYNC.name)
    rate = max(sale.accepted_per_second or 0 for sale in compared.values())
    if sync is None or sync.bill is None or rate < 2 * (sync.accepted_per_second or 0):
        return ""
    config = results.topologies[SYNC.name].config
    slots = workers_needed(rate, float(config["paymentSeconds"]))
    tasks, needed = int(config["receiverTasks"]), slots / int(config["paymentConcurrency"])
    of_tasks = sum(line.dollars for line in sync.bill.always_on if TASK_ITEM in line.item)
    more = of_tasks / tasks * (math.ceil(needed) - tasks)
    return (
        f"To take {numbers.decimal(rate)} orders a second, sync would need "
        f"{numbers.plural(math.ceil(slots), 'payment slot')}, {math.ceil(needed)} tasks instead of "
        f"{tasks}: {numbers.dollars(sync.bill.dollars + more)} for that month."
    )
