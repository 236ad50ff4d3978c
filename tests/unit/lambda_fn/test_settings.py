from __future__ import annotations

import pytest

from kit.environment import Environment, SettingsError
from lambda_fn.settings import fulfilment_settings

VARIABLES = {
    "AWS_REGION": "us-west-2",
    "LOG_LEVEL": "INFO",
    "ORDERS_TABLE": "orders",
    "PRODUCTS_TABLE": "products",
    "PAYMENTS_TABLE": "payments",
    "PAYMENT_SECONDS": "3",
    "LEASE_SECONDS": "60",
    "STATUS_SHARDS": "10",
}


def test_settings_are_read_from_the_environment() -> None:
    settings = fulfilment_settings(Environment(VARIABLES))
    assert settings.orders_table == "orders"
    assert settings.lease_seconds == 60


@pytest.mark.parametrize("name", sorted(VARIABLES))
def test_each_missing_variable_is_named_in_one_line(name: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name}: is not set") as caught:
        fulfilment_settings(Environment({**VARIABLES, name: ""}))
    assert len(str(caught.value).splitlines()) == 1


def test_a_lease_must_outlive_the_payment() -> None:
    with pytest.raises(SettingsError, match="LEASE_SECONDS = 8: must be more than PAYMENT_SECONDS"):
        fulfilment_settings(Environment({**VARIABLES, "LEASE_SECONDS": "8"}))
