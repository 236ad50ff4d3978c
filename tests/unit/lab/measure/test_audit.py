"""Each promise is broken once, and the audit must see it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from lab.load.records import Record
from lab.measure.audit import Sale, audit, sale_of
from lab.measure.ledgers import Books, Payment, StoredOrder
from lab.results.model import Audit

BEGAN = 1_000.0


@dataclass
class Shop:
    """A faultless sale of three orders of one unit each, to be tampered with."""

    records: list[Record] = field(default_factory=list)
    orders: dict[str, StoredOrder] = field(default_factory=dict)
    payments: list[Payment] = field(default_factory=list)
    queued: set[str] = field(default_factory=set)
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
        books = Books(self.orders, self.payments, self.stock_after)
        return sale_of(self.records, self.stock_before, books, self.queued)

    def audited(self) -> Audit:
        return audit(self.sale(), drained=True)

    def broken(self) -> dict[str, int]:
        return {name: f.count for name, f in self.audited().promises().items() if f.count}


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_a_faultless_sale_passes(shop: Shop) -> None:
    assert shop.audited().passed
    assert shop.broken() == {}
    assert len(shop.sale().paid()) == 3


def test_a_promised_order_that_is_missing_is_lost(shop: Shop) -> None:
    del shop.orders["two"]
    shop.payments = [p for p in shop.payments if p.order_id != "two"]
    shop.stock_after = {"A": 8}
    assert shop.broken() == {"lost": 1}
    assert shop.audited().lost.examples == ("two",)


@pytest.mark.parametrize("status", ["PENDING", "PROCESSING"])
def test_a_promised_order_that_never_settled_is_lost(shop: Shop, status: str) -> None:
    shop.change("two", status=status, settled_at=None)
    shop.payments = [p for p in shop.payments if p.order_id != "two"]
    shop.stock_after = {"A": 8}
    assert shop.broken() == {"lost": 1}


@pytest.mark.parametrize("status", ["PENDING", "PROCESSING"])
def test_a_promised_order_whose_message_still_waits_is_not_lost(shop: Shop, status: str) -> None:
    shop.change("two", status=status, settled_at=None)
    shop.payments = [p for p in shop.payments if p.order_id != "two"]
    shop.stock_after = {"A": 8}
    shop.queued = {"two"}
    assert shop.audited().passed


def test_another_orders_message_does_not_save_a_lost_one(shop: Shop) -> None:
    shop.change("two", status="PENDING", settled_at=None)
    shop.payments = [p for p in shop.payments if p.order_id != "two"]
    shop.stock_after = {"A": 8}
    shop.queued = {"one"}
    assert shop.broken() == {"lost": 1}


def test_a_message_without_a_stored_order_saves_nothing(shop: Shop) -> None:
    del shop.orders["two"]
    shop.payments = [p for p in shop.payments if p.order_id != "two"]
    shop.stock_after = {"A": 8}
    shop.queued = {"two"}
    assert shop.broken() == {"lost": 1}


def test_a_charge_whose_order_will_be_completed_needs_no_refund(shop: Shop) -> None:
    shop.change("two", status="PROCESSING", settled_at=None)
    shop.stock_after = {"A": 8}
    assert shop.broken() == {"lost": 1, "refunds_missing": 1}
    shop.queued = {"two"}
    assert shop.audited().passed


def test_a_second_charge_of_a_waiting_order_is_a_duplicate(shop: Shop) -> None:
    shop.change("two", status="PROCESSING", settled_at=None)
    shop.payments.append(Payment("two-again", "two", 500, "CHARGED"))
    shop.stock_after, shop.queued = {"A": 8}, {"two"}
    assert shop.broken() == {"duplicates": 1}


def test_a_message_of_a_failed_order_does_not_excuse_its_missing_refund(shop: Shop) -> None:
    shop.change("three", status="FAILED", failure_reason="OUT_OF_STOCK")
    shop.stock_after, shop.queued = {"A": 8}, {"three"}
    assert shop.broken() == {"refunds_missing": 1}


def test_an_order_that_was_refused_may_be_missing(shop: Shop) -> None:
    shop.answer("two", 503)
    del shop.orders["two"]
    shop.payments = [p for p in shop.payments if p.order_id != "two"]
    shop.stock_after = {"A": 8}
    assert shop.audited().passed


def test_a_second_charge_under_another_key_is_a_duplicate(shop: Shop) -> None:
    shop.payments.append(Payment("one-again", "one", 500, "CHARGED"))
    assert shop.broken() == {"duplicates": 1}
    assert shop.audited().duplicates.examples == ("one",)


def test_a_second_charge_that_was_given_back_is_none(shop: Shop) -> None:
    shop.payments.append(Payment("one-again", "one", 500, "REFUNDED"))
    assert shop.audited().passed


def test_units_completed_beyond_the_stock_are_oversold(shop: Shop) -> None:
    shop.stock_before, shop.stock_after = {"A": 2}, {"A": 0}
    assert shop.broken() == {"oversold": 1, "stock_mismatch": 1}
    assert shop.audited().oversold.examples == ("A: 1",)


def test_a_stock_below_zero_is_oversold_though_the_sums_agree(shop: Shop) -> None:
    shop.stock_before, shop.stock_after = {"A": 1}, {"A": -2}
    assert shop.broken() == {"oversold": 2}


def test_a_product_that_never_had_stock_is_oversold(shop: Shop) -> None:
    shop.change("one", units={"B": 3})
    assert shop.broken()["oversold"] == 3


@pytest.mark.parametrize("left", [6, 8])
def test_stock_that_moved_without_an_order_or_not_with_one_is_a_mismatch(
    shop: Shop, left: int
) -> None:
    shop.stock_after = {"A": left}
    assert shop.broken() == {"stock_mismatch": 1}


def test_a_failed_order_whose_charge_was_not_given_back_misses_its_refund(shop: Shop) -> None:
    shop.change("three", status="FAILED", failure_reason="OUT_OF_STOCK")
    shop.stock_after = {"A": 8}
    assert shop.broken() == {"refunds_missing": 1}
    assert shop.audited().refunds_missing.examples == ("three",)


def test_a_failed_order_whose_charge_was_given_back_is_fine(shop: Shop) -> None:
    shop.change("three", status="FAILED", failure_reason="OUT_OF_STOCK")
    shop.payments[2] = replace(shop.payments[2], status="REFUNDED")
    shop.stock_after = {"A": 8}
    assert shop.audited().passed
    assert len(shop.sale().paid()) == 2


def test_money_taken_for_an_order_that_is_not_stored_misses_its_refund(shop: Shop) -> None:
    shop.answer("two", None)
    del shop.orders["two"]
    shop.stock_after = {"A": 8}
    assert shop.broken() == {"refunds_missing": 1}


def test_a_completed_order_without_a_charge_is_unpaid(shop: Shop) -> None:
    shop.payments = shop.payments[1:]
    assert shop.broken() == {"unpaid_completions": 1}
    assert len(shop.sale().paid()) == 2


def test_a_charge_of_another_amount_is_wrong(shop: Shop) -> None:
    shop.payments[0] = replace(shop.payments[0], amount_cents=501)
    assert shop.broken() == {"wrong_amounts": 1}


def test_an_order_whose_customer_got_no_answer_is_noted_and_no_fault(shop: Shop) -> None:
    shop.answer("one", None)
    assert shop.audited().unanswered.examples == ("one",)
    assert shop.audited().passed


def test_an_order_that_no_customer_recorded_is_audited_too(shop: Shop) -> None:
    shop.records = [r for r in shop.records if r.order_id != "one"]
    shop.payments.append(Payment("one-again", "one", 500, "CHARGED"))
    assert shop.broken() == {"duplicates": 1}


def test_orders_of_an_earlier_sale_are_left_alone(shop: Shop) -> None:
    shop.change("one", created_at=BEGAN - 60)
    shop.records = [r for r in shop.records if r.order_id != "one"]
    shop.payments.append(Payment("one-again", "one", 500, "CHARGED"))
    shop.stock_before = {"A": 9}
    assert shop.audited().passed
    assert set(shop.sale().orders) == {"two", "three"}


def test_examples_are_few_however_many_orders_are_lost(shop: Shop) -> None:
    shop.records += [Record(f"x{n}", "flash", 200, 1.0, BEGAN, BEGAN) for n in range(50)]
    lost = shop.audited().lost
    assert lost.count == 50
    assert len(lost.examples) == 10
