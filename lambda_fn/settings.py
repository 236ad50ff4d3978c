"""The function's settings, read once from its environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from adapters.environment import Environment
from adapters.payment_faults import PaymentFaults, read_payment_faults

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
LONGEST_FUNCTION_SECONDS = 900
# A claim must outlive the payment and the few calls around it.
LEASE_MARGIN_SECONDS = 5


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What one function environment works on."""

    region: str
    log_level: str
    orders_table: str
    products_table: str
    payments_table: str
    payment_seconds: float
    payment_faults: PaymentFaults
    lease_seconds: float


def settings_from(variables: Mapping[str, str]) -> Settings:
    """Return the settings that the environment variables hold.

    Raises:
        SettingsError: with one line a problem.
    """
    return read_settings(Environment(variables))


def read_settings(environment: Environment) -> Settings:
    """Read every variable of the function from `environment`.

    Raises:
        SettingsError: with one line a problem.
    """
    settings = Settings(
        region=environment.text("AWS_REGION"),
        log_level=environment.choice("LOG_LEVEL", LOG_LEVELS),
        orders_table=environment.text("ORDERS_TABLE"),
        products_table=environment.text("PRODUCTS_TABLE"),
        payments_table=environment.text("PAYMENTS_TABLE"),
        payment_seconds=environment.seconds("PAYMENT_SECONDS", 0, 60),
        payment_faults=read_payment_faults(environment),
        lease_seconds=environment.seconds("LEASE_SECONDS", 1, 43_200),
    )
    environment.rule(
        holds=settings.lease_seconds > settings.payment_seconds + LEASE_MARGIN_SECONDS,
        problem=f"LEASE_SECONDS = {settings.lease_seconds:g}: must be more than PAYMENT_SECONDS "
        f"+ {LEASE_MARGIN_SECONDS}, or a payment outlives its claim",
    )
    environment.check()
    return settings
