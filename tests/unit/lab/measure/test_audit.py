"""Each promise is broken once, and the audit must see it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from lab.load.records import Record
from lab.measure.audit import Sale, audit, sale_of
from lab.measure.ledgers import Ledgers, Payment, StoredOrder
from lab.measure.notifications import Told
from lab.results.model import Audit

BEGAN = 1_000.0


@dataclass
class Evidence:
    """A faultless sale of three orders of one unit each, to be tampered with."""

    records: list[Record] = field(default_factory=list)
    orders: dict[str, StoredOrder] = field(default_factory=dict)
    payments: list[Payment] = field(default_factory=list)
    queued: set[str] = field(default_factory=set)
    told: set[Told] | None = None
    stock_before: dict[str, int] = field(default_factory=lambda: {"A": 10})
    stock_after: dict[str, int] = field(default_factory=lambda: {"A": 7})

    def __post_init__(self) -> None:
        for name in ("one", "two", "three"):
            self.records.append(Record(name, "flash", 202, 10.0, BEGAN, BEGAN + 0.01))
            self.orders[name] = StoredOrder(
                order_id=name,
                status="COMPLETED",
                created_at=BEGAN + 0.005,
                settled_at=BEGAN + 3,
                total_cents=500,
                units={"A": 1},
            )
            self.payments.append(Payment(name, name, 500, "CHARGED"))

    def change(self, order_id: str, **fields: object) -> None:
        self.orders[order_id] = replace(self.orders[order_id], **fields)  # type: ignore[arg-type]

    def answer(self, order_id: str, http_status: int | None) -> None:
        self.records = [
            replace(r, http_status=http_status) if r.order_id == order_id else r
            for r in self.records
        ]

    def sale(self) -> Sale:
        ledgers = Ledgers(self.orders, self.payments, self.stock_after)
        return sale_of(self.records, self.stock_before, ledgers, self.queued, self.told)

    def audited(self) -> Audit:
        return audit(self.sale(), drained=True)

    def broken(self) -> dict[str, int]:
        return {name: f.count for name, f in self.audited().promises().items() if f.count}


@pytest.fixture
def evidence() -> Evidence:
    return Evidence()


def test_a_faultless_sale_passes(evidence: Evidence) -> None:
    assert evidence.audited().passed
    assert evidence.broken() == {}
    assert len(evidence.sale().paid()) == 3


def tell_everybody(evidence: Evidence) -> None:
    evidence.told = {Told(each.order_id, each.status) for each in evidence.orders.values()}


def test_a_sale_whose_customers_all_heard_of_their_orders_passes(evidence: Evidence) -> None:
    tell_everybody(evidence)
    evidence.told = {*(evidence.told or ()), Told("one", "COMPLETED")}  # twice does no harm
    assert evidence.broken() == {}


def test_a_settled_order_that_nobody_was_told_of_breaks_a_promise(evidence: Evidence) -> None:
    evidence.told = {Told("one", "COMPLETED"), Told("two", "COMPLETED")}
    assert evidence.broken() == {"not_told": 1}
    assert evidence.audited().not_told.examples == ("three",)


def test_what_is_told_must_be_so(evidence: Evidence) -> None:
    tell_everybody(evidence)
    evidence.told = {*(evidence.told or ()), Told("nobody", "COMPLETED"), Told("one", "FAILED")}
    assert evidence.broken() == {"told_wrongly": 2}


def test_an_open_order_need_not_be_told_yet(evidence: Evidence) -> None:
    evidence.told = {Told("one", "COMPLETED"), Told("three", "COMPLETED")}
    evidence.change("two", status="PENDING", settled_at=None)
    assert "not_told" not in evidence.broken()


def test_a_promised_order_that_is_missing_is_lost(evidence: Evidence) -> None:
    del evidence.orders["two"]
    evidence.payments = [p for p in evidence.payments if p.order_id != "two"]
    evidence.stock_after = {"A": 8}
    assert evidence.broken() == {"lost": 1}
    assert evidence.audited().lost.examples == ("two",)


@pytest.mark.parametrize("status", ["PENDING", "PROCESSING"])
def test_a_promised_order_that_never_settled_is_lost(evidence: Evidence, status: str) -> None:
    evidence.change("two", status=status, settled_at=None)
    evidence.payments = [p for p in evidence.payments if p.order_id != "two"]
    evidence.stock_after = {"A": 8}
    assert evidence.broken() == {"lost": 1}


@pytest.mark.parametrize("status", ["PENDING", "PROCESSING"])
def test_a_promised_order_whose_message_still_waits_is_not_lost(
    evidence: Evidence, status: str
) -> None:
    evidence.change("two", status=status, settled_at=None)
    evidence.payments = [p for p in evidence.payments if p.order_id != "two"]
    evidence.stock_after = {"A": 8}
    evidence.queued = {"two"}
    assert evidence.audited().passed


def test_another_orders_message_does_not_save_a_lost_one(evidence: Evidence) -> None:
    evidence.change("two", status="PENDING", settled_at=None)
    evidence.payments = [p for p in evidence.payments if p.order_id != "two"]
    evidence.stock_after = {"A": 8}
    evidence.queued = {"one"}
    assert evidence.broken() == {"lost": 1}


def test_a_message_without_a_stored_order_saves_nothing(evidence: Evidence) -> None:
    del evidence.orders["two"]
    evidence.payments = [p for p in evidence.payments if p.order_id != "two"]
    evidence.stock_after = {"A": 8}
    evidence.queued = {"two"}
    assert evidence.broken() == {"lost": 1}


def test_a_charge_whose_order_will_be_completed_needs_no_refund(evidence: Evidence) -> None:
    evidence.change("two", status="PROCESSING", settled_at=None)
    evidence.stock_after = {"A": 8}
    assert evidence.broken() == {"lost": 1, "refunds_missing": 1}
    evidence.queued = {"two"}
    assert evidence.audited().passed


def test_a_second_charge_of_a_waiting_order_is_a_duplicate(evidence: Evidence) -> None:
    evidence.change("two", status="PROCESSING", settled_at=None)
    evidence.payments.append(Payment("two-again", "two", 500, "CHARGED"))
    evidence.stock_after, evidence.queued = {"A": 8}, {"two"}
    assert evidence.broken() == {"duplicates": 1}


def test_a_message_of_a_failed_order_does_not_excuse_its_missing_refund(evidence: Evidence) -> None:
    evidence.change("three", status="FAILED", failure_reason="OUT_OF_STOCK")
    evidence.stock_after, evidence.queued = {"A": 8}, {"three"}
    assert evidence.broken() == {"refunds_missing": 1}


def test_an_order_that_was_refused_may_be_missing(evidence: Evidence) -> None:
    evidence.answer("two", 503)
    del evidence.orders["two"]
    evidence.payments = [p for p in evidence.payments if p.order_id != "two"]
    evidence.stock_after = {"A": 8}
    assert evidence.audited().passed


def test_a_second_charge_under_another_key_is_a_duplicate(evidence: Evidence) -> None:
    evidence.payments.append(Payment("one-again", "one", 500, "CHARGED"))
    assert evidence.broken() == {"duplicates": 1}
    assert evidence.audited().duplicates.examples == ("one",)


def test_a_second_charge_that_was_given_back_is_none(evidence: Evidence) -> None:
    evidence.payments.append(Payment("one-again", "one", 500, "REFUNDED"))
    assert evidence.audited().passed


def test_units_completed_beyond_the_stock_are_oversold(evidence: Evidence) -> None:
    evidence.stock_before, evidence.stock_after = {"A": 2}, {"A": 0}
    assert evidence.broken() == {"oversold": 1, "stock_mismatch": 1}
    assert evidence.audited().oversold.examples == ("A: 1",)


def test_a_stock_below_zero_is_oversold_though_the_sums_agree(evidence: Evidence) -> None:
    evidence.stock_before, evidence.stock_after = {"A": 1}, {"A": -2}
    assert evidence.broken() == {"oversold": 2}


def test_a_stock_below_zero_is_oversold_though_no_completed_order_tells(
    evidence: Evidence,
) -> None:
    evidence.stock_before, evidence.stock_after = {"A": 3}, {"A": -1}
    assert evidence.broken() == {"oversold": 1, "stock_mismatch": 1}


def test_a_product_that_never_had_stock_is_oversold(evidence: Evidence) -> None:
    evidence.change("one", units={"B": 3})
    assert evidence.broken()["oversold"] == 3


@pytest.mark.parametrize("left", [6, 8])
def test_stock_that_moved_without_an_order_or_not_with_one_is_a_mismatch(
    evidence: Evidence, left: int
) -> None:
    evidence.stock_after = {"A": left}
    assert evidence.broken() == {"stock_mismatch": 1}


def test_a_failed_order_whose_charge_was_not_given_back_misses_its_refund(
    evidence: Evidence,
) -> None:
    evidence.change("three", status="FAILED", failure_reason="OUT_OF_STOCK")
    evidence.stock_after = {"A": 8}
    assert evidence.broken() == {"refunds_missing": 1}
    assert evidence.audited().refunds_missing.examples == ("three",)


def test_a_failed_order_whose_charge_was_given_back_is_fine(evidence: Evidence) -> None:
    evidence.change("three", status="FAILED", failure_reason="OUT_OF_STOCK")
    evidence.payments[2] = replace(evidence.payments[2], status="REFUNDED")
    evidence.stock_after = {"A": 8}
    assert evidence.audited().passed
    assert len(evidence.sale().paid()) == 2


def test_money_taken_for_an_order_that_is_not_stored_misses_its_refund(evidence: Evidence) -> None:
    evidence.answer("two", None)
    del evidence.orders["two"]
    evidence.stock_after = {"A": 8}
    assert evidence.broken() == {"refunds_missing": 1}


def test_a_completed_order_without_a_charge_is_unpaid(evidence: Evidence) -> None:
    evidence.payments = evidence.payments[1:]
    assert evidence.broken() == {"unpaid_completions": 1}
    assert len(evidence.sale().paid()) == 2


@pytest.mark.parametrize("amount_cents", [499, 501])
def test_a_charge_of_another_amount_is_wrong(evidence: Evidence, amount_cents: int) -> None:
    evidence.payments[0] = replace(evidence.payments[0], amount_cents=amount_cents)
    assert evidence.broken() == {"wrong_amounts": 1}


def test_an_order_whose_customer_got_no_answer_is_noted_and_no_fault(evidence: Evidence) -> None:
    evidence.answer("one", None)
    assert evidence.audited().unanswered.examples == ("one",)
    assert evidence.audited().passed


def test_an_order_that_no_customer_recorded_is_audited_too(evidence: Evidence) -> None:
    evidence.records = [r for r in evidence.records if r.order_id != "one"]
    evidence.payments.append(Payment("one-again", "one", 500, "CHARGED"))
    assert evidence.broken() == {"duplicates": 1}


def test_orders_of_an_earlier_sale_are_left_alone(evidence: Evidence) -> None:
    evidence.change("one", created_at=BEGAN - 60)
    evidence.records = [r for r in evidence.records if r.order_id != "one"]
    evidence.payments.append(Payment("one-again", "one", 500, "CHARGED"))
    evidence.stock_before = {"A": 9}
    assert evidence.audited().passed
    assert set(evidence.sale().orders) == {"two", "three"}


def test_examples_are_few_however_many_orders_are_lost(evidence: Evidence) -> None:
    evidence.records += [Record(f"x{n}", "flash", 200, 1.0, BEGAN, BEGAN) for n in range(50)]
    lost = evidence.audited().lost
    assert lost.count == 50
    assert len(lost.examples) == 10
