from dataclasses import replace

import pytest

from lab.coldstart.evaluate import at_memory, readiness
from tests.unit.lab.coldstart.measured import MEASURED


def test_orders_run_at_the_memorys_share_of_a_vcpu_and_init_at_a_whole_one() -> None:
    half = at_memory(MEASURED, 1769 // 2)
    assert half.init_ms == 160
    assert half.first_ms == pytest.approx(8, rel=0.01)
    assert half.warm_ms == pytest.approx(4, rel=0.01)


def test_more_than_one_vcpu_is_of_no_use_to_one_thread() -> None:
    most = at_memory(MEASURED, 10_240)
    assert (most.first_ms, most.warm_ms) == (4, 2)


def test_what_a_start_adds_is_held_against_the_payment() -> None:
    whole = at_memory(MEASURED, 1769)
    assert whole.added_share == pytest.approx((160 + 4 - 2) / 3000)
    assert at_memory(replace(MEASURED, payment_seconds=0), 1769).added_share == 0


def test_a_million_orders_cost_their_seconds_by_memory_and_their_requests() -> None:
    seconds = 3 + 0.002 * 1769 / 1024
    expected = 1_000_000 * seconds * 1.0 * 0.0000133334 + 0.20
    assert at_memory(MEASURED, 1024).dollars_per_million_orders == pytest.approx(expected)


def test_starts_are_billed_by_what_they_add() -> None:
    added = (160 + (4 - 2) * 1769 / 512) / 1000
    expected = 1000 * added * 0.5 * 0.0000133334
    assert at_memory(MEASURED, 512).dollars_per_thousand_starts == pytest.approx(expected)


def test_being_ready_is_priced_by_the_configured_memory() -> None:
    cost = readiness(MEASURED)
    assert cost.snapshot_month == pytest.approx(0.5 * 730 * 3600 * 0.0000015046)
    assert cost.thousand_restores == pytest.approx(0.5 * 1000 * 0.0001397998)
    assert cost.environment_hour == pytest.approx(0.5 * 3600 * 0.0000033334)
    assert cost.environment_month == pytest.approx(730 * cost.environment_hour)


def test_the_other_architecture_has_prices_of_its_own() -> None:
    intel = replace(MEASURED, architecture="x86_64")
    assert readiness(intel).environment_hour == pytest.approx(0.5 * 3600 * 0.0000041667)
    ours, theirs = at_memory(MEASURED, 512), at_memory(intel, 512)
    assert ours.dollars_per_million_orders < theirs.dollars_per_million_orders
