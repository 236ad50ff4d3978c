"""What every service that fulfils orders is told by its environment."""

from __future__ import annotations

from dataclasses import dataclass

from adapters.orders.schema import StatusShards, Tables
from adapters.payments.faults import NO_FAULTS, PaymentFaults, read_payment_faults
from kit.environment import Environment
from orders.status_index import MAX_SHARDS

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
# The longest that SQS keeps a message invisible; a lease should not outlast that:
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html
MAX_VISIBILITY_SECONDS = 12 * 3600
# A claim must outlive the payment and the few calls around it.
LEASE_MARGIN_SECONDS = 5


@dataclass(frozen=True, kw_only=True)
class FulfilmentSettings:
    """Tables, payments and leases; each service's own settings come on top."""

    region: str
    log_level: str
    orders_table: str
    products_table: str
    payments_table: str
    payment_seconds: float
    lease_seconds: float
    status_shards: int
    payment_faults: PaymentFaults = NO_FAULTS

    @property
    def tables(self) -> Tables:
        """The tables that hold orders and stock."""
        shards = StatusShards(self.status_shards)
        return Tables(self.orders_table, self.products_table, shards)


def read_fulfilment_settings(environment: Environment) -> FulfilmentSettings:
    """Read what services have in common; problems are noted for `environment.check`."""
    settings = FulfilmentSettings(
        region=environment.text("AWS_REGION"),
        log_level=environment.choice("LOG_LEVEL", LOG_LEVELS),
        orders_table=environment.text("ORDERS_TABLE"),
        products_table=environment.text("PRODUCTS_TABLE"),
        payments_table=environment.text("PAYMENTS_TABLE"),
        payment_seconds=environment.seconds("PAYMENT_SECONDS", 0, 60),
        lease_seconds=environment.seconds("LEASE_SECONDS", 1, MAX_VISIBILITY_SECONDS),
        status_shards=environment.integer("STATUS_SHARDS", 1, MAX_SHARDS),
        payment_faults=read_payment_faults(environment),
    )
    environment.rule(
        holds=settings.lease_seconds > settings.payment_seconds + LEASE_MARGIN_SECONDS,
        problem=f"LEASE_SECONDS = {settings.lease_seconds:g}: must be more than PAYMENT_SECONDS "
        f"+ {LEASE_MARGIN_SECONDS}, or a payment outlives its claim",
    )
    return settings
