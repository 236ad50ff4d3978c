"""Shares and times of faults as asked for, and settings that say what is wrong with them."""

from __future__ import annotations

import random
from collections import Counter
from statistics import fmean

import pytest

from adapters.payments.faults import (
    NO_FAULTS,
    PaymentFault,
    PaymentFaults,
    PaymentLatency,
    read_payment_faults,
)
from kit.environment import Environment, SettingsError

DRAWS = 20_000


def repeatable() -> random.Random:
    return random.Random(1)  # noqa: S311 - repeatable on purpose


def read(text: str) -> PaymentFaults:
    environment = Environment({"PAYMENT_FAULTS": text})
    faults = read_payment_faults(environment)
    environment.check()
    return faults


def test_nothing_goes_wrong_unless_asked_for() -> None:
    source = repeatable()
    assert {NO_FAULTS.draw(source) for _ in range(100)} == {None}
    assert NO_FAULTS.seconds(3, source) == 3
    assert read_payment_faults(Environment({})) == NO_FAULTS


def test_each_fault_comes_as_often_as_its_share_says() -> None:
    faults = PaymentFaults(
        decline_rate=0.4, error_before_rate=0.3, error_after_rate=0.2, hang_rate=0.1
    )
    source = repeatable()
    counts = Counter(faults.draw(source) for _ in range(DRAWS))
    shares = {fault: count / DRAWS for fault, count in counts.items()}
    assert shares == {
        PaymentFault.DECLINE: pytest.approx(0.4, abs=0.02),
        PaymentFault.ERROR_BEFORE: pytest.approx(0.3, abs=0.02),
        PaymentFault.ERROR_AFTER: pytest.approx(0.2, abs=0.02),
        PaymentFault.HANG: pytest.approx(0.1, abs=0.02),
    }


@pytest.mark.parametrize("latency", PaymentLatency)
def test_the_mean_of_every_latency_is_the_payments_time(latency: PaymentLatency) -> None:
    source = repeatable()
    drawn = [PaymentFaults(latency=latency).seconds(3, source) for _ in range(DRAWS)]
    assert fmean(drawn) == pytest.approx(3, rel=0.03)
    assert min(drawn) >= 0
    assert (len(set(drawn)) == 1) == (latency is PaymentLatency.FIXED)


def test_a_variable_that_is_set_is_read_whole() -> None:
    text = '{"decline_rate": 0.5, "error_after_rate": 0.25, "latency": "lognormal"}'
    assert read(text) == PaymentFaults(
        decline_rate=0.5, error_after_rate=0.25, latency=PaymentLatency.LOGNORMAL
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "truncated"),
        ('{"decline_rate": 1.5}', "<= 1.0"),
        ('{"decline_rate": -0.5}', ">= 0.0"),
        ('{"decline_rates": 0.5}', "decline_rates"),
        ('{"latency": "normal"}', "normal"),
        ('{"decline_rate": 0.6, "hang_rate": 0.6}', "at most 1 together"),
    ],
)
def test_a_wrong_variable_is_refused_by_name_value_and_rule(text: str, problem: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read(text)
    assert str(caught.value).startswith(f"PAYMENT_FAULTS = {text}: ")
    assert problem in str(caught.value)
