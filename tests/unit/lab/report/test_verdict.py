from __future__ import annotations

from dataclasses import replace

import pytest

from lab.report.verdict import BROKEN, broken_promises, verdict
from lab.results.model import Finding, Results
from tests.unit.lab.report.tampering import with_finding, with_sale


def test_a_faultless_run_says_so_and_counts_the_audited_orders(results: Results) -> None:
    said = verdict(results)
    audited = sum(
        sale.attempted or 0 for t in results.topologies.values() for sale in t.scenarios.values()
    )
    assert said.passed
    assert said.headline.startswith("No order lost, none charged twice, nothing oversold")
    assert f"{audited:,} orders" in said.headline


@pytest.mark.parametrize("name", BROKEN)
def test_each_broken_promise_fails_the_run_and_is_named(results: Results, name: str) -> None:
    broken = with_finding(results, "async", "normal", name, Finding(3, ("a", "b", "c")))
    said = verdict(broken)
    assert not said.passed
    assert not broken.passed
    assert said.headline.startswith("Broken promises: async ")
    assert "3 " in said.headline
    assert "normal sale" in said.headline
    assert [card.topology for card in said.cards if not card.kept] == ["async"]


def test_every_promise_of_the_audit_has_words(results: Results) -> None:
    audit = results.topologies["sync"].scenarios["flash"].audit
    assert audit is not None
    assert audit.promises().keys() == BROKEN.keys()


def test_a_sale_without_an_audit_does_not_pass(results: Results) -> None:
    unaudited = with_sale(results, "sync", "flash", audit=None)
    assert not unaudited.passed
    assert broken_promises(unaudited) == ["sync was not audited in the flash sale"]


def test_the_topology_that_lost_customers_is_named_with_the_orders_it_never_got(
    results: Results,
) -> None:
    sync, queued = (results.topologies[t].scenarios["flash"] for t in ("sync", "async"))
    missing = (queued.accepted or 0) - (sync.accepted or 0)
    customers = verdict(results).sentences[0]
    assert f"{missing} orders never happened" in customers
    assert "sync took 35 and let half of its customers wait" in customers
    assert "serverless" not in customers


def test_when_the_money_came_is_told_for_each_topology(results: Results) -> None:
    money = verdict(results).sentences[1]
    assert "sync promised only what it had been paid for" in money
    assert "serverless had the last payment 3.0 s after its last promise" in money


def test_an_unfinished_drain_is_told_and_not_a_number(results: Results) -> None:
    stuck = with_sale(results, "async", "flash", drain_seconds=None)
    assert "async had not settled every order" in verdict(stuck).sentences[1]


def test_the_bill_names_what_is_due_without_orders(results: Results) -> None:
    assert "$67.43 to $76.78 of it is due even if nobody orders" in verdict(results).sentences[2]


def test_what_sync_would_need_for_the_customers_it_let_wait_is_told(results: Results) -> None:
    """62.6 orders a second of 3 s are 188 slots, 38 tasks of five at $7.21 a month each."""
    told = verdict(results).sentences[3]
    assert "188 payment slots, 38 tasks instead of 1" in told
    assert "$341.96" in told
    calm = with_sale(results, "sync", "flash", accepted_per_second=60.0)
    assert len(verdict(calm).sentences) == 3


def test_without_known_bills_nothing_is_said_about_money_spent(results: Results) -> None:
    for topology in results.topologies:
        results = with_sale(results, topology, "flash", bill=None)
    assert len(verdict(results).sentences) == 2
    assert "not known" in verdict(results).cards[0].bill


def test_orders_turned_away_and_sold_out_are_told(results: Results) -> None:
    crowded = with_sale(results, "sync", "flash", rejected=7, failed=2, sold_out=4)
    [card] = [card for card in verdict(crowded).cards if card.topology == "sync"]
    assert "7 turned away and 2 failed" in card.customers
    assert "4 sold out and refunded" in card.money


def test_a_run_of_one_topology_has_a_verdict_too(results: Results) -> None:
    only = replace(results, topologies={"sync": results.topologies["sync"]})
    said = verdict(only)
    assert said.passed
    assert len(said.cards) == 1


def test_a_run_that_measured_nothing_does_not_pass(results: Results) -> None:
    nothing = verdict(replace(results, topologies={}))
    assert not nothing.passed
    assert nothing.headline == "Nothing was measured."


@pytest.mark.parametrize(
    ("load", "why"),
    [
        ({"machine_busy_percent": 91.0}, "all cores were busy for 91 % of it"),
        (
            {"machine_busy_percent": 60.0, "emulator_busy_percent": 76.0},
            "the emulator had its one core busy for 76 % of it",
        ),
    ],
)
def test_figures_of_a_machine_at_its_limit_are_marked_and_explained(
    results: Results, load: dict[str, float], why: str
) -> None:
    said = verdict(with_sale(results, "serverless", "flash", **load))
    assert said.sentences[-1] == (
        f"serverless was at this machine's limit ({why}): its times say more about the machine "
        "than about AWS."
    )
    (card,) = [each for each in said.cards if each.topology == "serverless"]
    assert "(this machine's limit)" in card.customers
    assert "(this machine's limit)" in card.money


def test_below_its_limit_the_machine_is_not_mentioned(results: Results) -> None:
    load = {"machine_busy_percent": 90.0, "emulator_busy_percent": 75.0}
    said = verdict(with_sale(results, "serverless", "flash", **load))
    assert not [each for each in said.sentences if "this machine" in each]
