"""The payment provider as services meet it: simulated, and asked again when it gave no answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.payments.gateway import SimulatedPaymentGateway
from adapters.payments.retrying_gateway import RetryingPaymentGateway

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient

    from adapters.fulfilment_settings import FulfilmentSettings


def payment_gateway(
    dynamodb: DynamoDBClient, settings: FulfilmentSettings
) -> RetryingPaymentGateway:
    """Return the provider for orders that are paid one by one."""
    provider = SimulatedPaymentGateway(
        dynamodb,
        payments_table=settings.payments_table,
        payment_seconds=settings.payment_seconds,
        faults=settings.payment_faults,
    )
    return RetryingPaymentGateway(
        provider, payment_seconds=settings.payment_seconds, lease_seconds=settings.lease_seconds
    )
