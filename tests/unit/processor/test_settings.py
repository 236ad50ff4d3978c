from __future__ import annotations

import pytest

from kit.environment import SettingsError
from processor.service import consumer_settings, exit_code
from processor.settings import settings_from
from sqs_consumer import Stopped

VARIABLES = {
    "PORT": "8081",
    "AWS_REGION": "us-west-2",
    "LOG_LEVEL": "INFO",
    "SQS_QUEUE_URL": "https://sqs/orders",
    "DLQ_URL": "https://sqs/dead",
    "ORDERS_TABLE": "orders",
    "PRODUCTS_TABLE": "products",
    "PAYMENTS_TABLE": "payments",
    "PROCESSOR_CONCURRENCY": "20",
    "PAYMENT_SECONDS": "3",
    "LEASE_SECONDS": "60",
    "STATUS_SHARDS": "10",
    "VISIBILITY_TIMEOUT_SECONDS": "180",
    "VISIBILITY_EXTENSION_INTERVAL_SECONDS": "60",
    "DRAIN_SECONDS": "30",
    "STOP_TIMEOUT_SECONDS": "60",
}


def problems(**changes: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        settings_from({**VARIABLES, **changes})
    return str(caught.value).splitlines()


def test_settings_are_read_from_the_environment() -> None:
    settings = settings_from(VARIABLES)
    assert settings.concurrency == 20
    assert settings.dead_letter_queue_url == "https://sqs/dead"
    assert settings.payment_seconds == 3


@pytest.mark.parametrize("name", sorted(VARIABLES))
def test_each_missing_variable_is_named_in_one_line(name: str) -> None:
    assert problems(**{name: ""}) == [f"{name}: is not set; the service cannot start without it"]


def test_all_that_is_wrong_is_told_at_once() -> None:
    assert len(problems(PROCESSOR_CONCURRENCY="0", DLQ_URL="", LOG_LEVEL="LOUD")) == 3


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PROCESSOR_CONCURRENCY", "0"),
        ("PROCESSOR_CONCURRENCY", "1001"),
        ("VISIBILITY_TIMEOUT_SECONDS", "43201"),
        ("VISIBILITY_TIMEOUT_SECONDS", "1.5"),
        ("PAYMENT_SECONDS", "-1"),
        ("PAYMENT_SECONDS", "nan"),
        ("DRAIN_SECONDS", "1"),
        ("PORT", "http"),
        ("LOG_LEVEL", "TRACE"),
    ],
)
def test_a_value_out_of_bounds_is_refused_with_its_rule(name: str, value: str) -> None:
    [problem] = problems(**{name: value})
    assert problem.startswith(f"{name} = {value}: must be ")


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (
            {"VISIBILITY_EXTENSION_INTERVAL_SECONDS": "180"},
            (
                "VISIBILITY_EXTENSION_INTERVAL_SECONDS = 180: must be less than "
                "VISIBILITY_TIMEOUT_SECONDS = 180"
            ),
        ),
        (
            {"DRAIN_SECONDS": "60"},
            "DRAIN_SECONDS = 60: must be less than STOP_TIMEOUT_SECONDS = 60",
        ),
        (
            {"LEASE_SECONDS": "8"},
            "LEASE_SECONDS = 8: must be more than PAYMENT_SECONDS + 5",
        ),
    ],
)
def test_rules_between_settings_are_held(changes: dict[str, str], problem: str) -> None:
    [found] = problems(**changes)
    assert found.startswith(problem)


@pytest.mark.parametrize("drain", ["2", "3", "10", "30", "59"])
def test_every_drain_that_settings_allow_makes_a_consumer_that_can_work(drain: str) -> None:
    settings = settings_from({**VARIABLES, "DRAIN_SECONDS": drain})
    assert consumer_settings(settings).wait_seconds < float(drain)


@pytest.mark.parametrize(
    ("lease", "visibility", "oldest"),
    [("60", "180", 600), ("60", "900", 900), ("43200", "43200", 43_200)],
)
def test_a_payment_that_hangs_is_given_up_after_ten_leases(
    lease: str, visibility: str, oldest: float
) -> None:
    changes = {"LEASE_SECONDS": lease, "VISIBILITY_TIMEOUT_SECONDS": visibility}
    settings = settings_from({**VARIABLES, **changes})
    assert consumer_settings(settings).max_age_seconds == oldest


@pytest.mark.parametrize(
    ("stopped", "code"),
    [
        (Stopped(cut_short=0, forced=False), 0),
        (Stopped(cut_short=3, forced=False), 1),
        (Stopped(cut_short=0, forced=True), 143),
    ],
)
def test_the_exit_code_says_how_it_ended(stopped: Stopped, code: int) -> None:
    assert exit_code(stopped, 15) == code
