from __future__ import annotations

import pytest

from kit.environment import SettingsError
from receiver.settings import settings_from

VARIABLES = {
    "PORT": "8080",
    "TOPOLOGY": "async",
    "ORDERS_TABLE": "orders",
    "PRODUCTS_TABLE": "products",
    "PAYMENTS_TABLE": "payments",
    "PAYMENT_SECONDS": "3",
    "PAYMENT_CONCURRENCY": "5",
    "MAX_PENDING": "95",
    "LEASE_SECONDS": "60",
    "STATUS_SHARDS": "10",
    "DRAIN_SECONDS": "30",
    "STOP_TIMEOUT_SECONDS": "60",
    "LOG_LEVEL": "INFO",
    "AWS_REGION": "us-west-2",
    "SNS_TOPIC_ARN": "arn:aws:sns:us-west-2:123456789012:orders",
}


def problems(**changes: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        settings_from({**VARIABLES, **changes})
    return str(caught.value).splitlines()


def test_settings_are_read_from_the_environment() -> None:
    settings = settings_from(VARIABLES)
    assert settings.port == 8080
    assert settings.payment_seconds == 3
    assert settings.sns_topic_arn == VARIABLES["SNS_TOPIC_ARN"]


@pytest.mark.parametrize("name", sorted(VARIABLES))
def test_each_missing_variable_is_named_in_one_line(name: str) -> None:
    (problem,) = problems(**{name: ""})
    assert problem.startswith(f"{name}: is not set")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "0"),
        ("PORT", "eighty"),
        ("TOPOLOGY", "both"),
        ("PAYMENT_SECONDS", "nan"),
        ("PAYMENT_CONCURRENCY", "0"),
        ("MAX_PENDING", "-1"),
        ("STATUS_SHARDS", "0"),
        ("STATUS_SHARDS", "21"),
        ("LOG_LEVEL", "LOUD"),
        ("CORS_ORIGINS", "shop.example"),
    ],
)
def test_a_wrong_value_is_named_with_its_key(name: str, value: str) -> None:
    (problem,) = problems(**{name: value})
    assert problem.startswith(f"{name} = {value}: must be")


def test_every_problem_is_told_at_once() -> None:
    assert len(problems(PORT="x", TOPOLOGY="y", ORDERS_TABLE="")) == 3


def test_the_drain_must_end_before_the_process_is_killed() -> None:
    (problem,) = problems(DRAIN_SECONDS="60")
    assert problem.startswith("DRAIN_SECONDS = 60: must be less than STOP_TIMEOUT_SECONDS (60)")


def test_a_lease_must_outlive_the_payment() -> None:
    (problem,) = problems(LEASE_SECONDS="8")
    assert problem.startswith("LEASE_SECONDS = 8: must be more than PAYMENT_SECONDS + 5")


@pytest.mark.parametrize("topology", ["async", "serverless"])
def test_a_topology_that_announces_orders_needs_a_topic(topology: str) -> None:
    (problem,) = problems(TOPOLOGY=topology, SNS_TOPIC_ARN="")
    assert problem.startswith("SNS_TOPIC_ARN: is not set")


def test_the_sync_topology_needs_no_topic() -> None:
    variables = {**VARIABLES, "TOPOLOGY": "sync", "SNS_TOPIC_ARN": ""}
    assert settings_from(variables).sns_topic_arn is None


def test_origins_are_a_list_separated_by_commas() -> None:
    settings = settings_from(
        {**VARIABLES, "CORS_ORIGINS": "https://a.example, https://b.example:8"}
    )
    assert settings.cors_origins == {"https://a.example", "https://b.example:8"}


def test_all_rules_between_settings_that_are_broken_are_told_at_once() -> None:
    told = problems(LEASE_SECONDS="7", DRAIN_SECONDS="60", SNS_TOPIC_ARN="")
    assert [line.partition(" ")[0].rstrip(":") for line in told] == [
        "LEASE_SECONDS",
        "DRAIN_SECONDS",
        "SNS_TOPIC_ARN",
    ]
