"""The environment variables of the services: the contract between infrastructure and code."""

import json
from collections.abc import Mapping

import pulumi

from infra.settings import PaymentLatency, Settings
from infra.tables import Tables

Environment = Mapping[str, pulumi.Input[str]]


def receiver_environment(
    settings: Settings, tables: Tables, topic_arn: pulumi.Input[str] | None
) -> Environment:
    """Return the receiver's variables; without a topic it fulfils orders itself."""
    topic: Environment = {} if topic_arn is None else {"SNS_TOPIC_ARN": topic_arn}
    return {
        **_fulfilment(settings, tables),
        **_service(settings),
        **topic,
        **_cors(settings),
        "PORT": str(settings.receiver_port),
        "TOPOLOGY": settings.topology.value,
        "PAYMENT_CONCURRENCY": str(settings.payment_concurrency),
        "MAX_PENDING": str(settings.waiting_room),
    }


def processor_environment(
    settings: Settings,
    tables: Tables,
    *,
    queue_url: pulumi.Input[str],
    dead_letter_queue_url: pulumi.Input[str],
) -> Environment:
    """Return the processor's variables."""
    return {
        **_fulfilment(settings, tables),
        **_service(settings),
        "PORT": str(settings.processor_port),
        "SQS_QUEUE_URL": queue_url,
        "DLQ_URL": dead_letter_queue_url,
        "PROCESSOR_CONCURRENCY": str(settings.processor_concurrency),
        "VISIBILITY_TIMEOUT_SECONDS": str(settings.visibility_timeout_seconds),
        "VISIBILITY_EXTENSION_INTERVAL_SECONDS": str(
            settings.visibility_extension_interval_seconds
        ),
    }


def fulfilling_function_environment(settings: Settings, tables: Tables) -> Environment:
    """Return the variables of a function that fulfils orders.

    AWS_REGION is Lambda's own and may not be set.
    """
    return _fulfilment(settings, tables)


def queue_function_environment(
    settings: Settings, tables: Tables, dead_letter_queue_url: pulumi.Input[str]
) -> Environment:
    """Return the variables of a function that fulfils the orders of a queue."""
    return {**_fulfilment(settings, tables), "DLQ_URL": dead_letter_queue_url}


def shop_environment(settings: Settings, tables: Tables) -> Environment:
    """Return the variables of a function behind the gateway."""
    return {
        **_cors(settings),
        "ORDERS_TABLE": tables.orders.name,
        "PRODUCTS_TABLE": tables.products.name,
        "STATUS_SHARDS": str(settings.status_shards),
        "LOG_LEVEL": settings.log_level.value,
    }


def relay_environment(
    settings: Settings,
    *,
    work: Environment,
    topic_arn: pulumi.Input[str],
    unreadable_queue_url: pulumi.Input[str],
) -> Environment:
    """Return the relay's variables; `work` says where new orders go."""
    return {
        **work,
        "SNS_TOPIC_ARN": topic_arn,
        "UNREADABLE_QUEUE_URL": unreadable_queue_url,
        "LOG_LEVEL": settings.log_level.value,
    }


def into_queue(queue_url: pulumi.Input[str]) -> Environment:
    """Return what sends new orders into a queue."""
    return {"SQS_QUEUE_URL": queue_url}


def into_workflow(state_machine_arn: pulumi.Input[str]) -> Environment:
    """Return what starts the workflow of each new order."""
    return {"STATE_MACHINE_ARN": state_machine_arn}


def notify_environment(settings: Settings) -> Environment:
    """Return the variables of the function that tells customers."""
    return {"LOG_LEVEL": settings.log_level.value}


def _cors(settings: Settings) -> Environment:
    return {"CORS_ORIGINS": settings.cors_origins} if settings.cors_origins else {}


def _payment_faults(settings: Settings) -> Environment:
    """Return nothing when nothing goes wrong, so that a shop that is not tested shows no trace."""
    rates = {
        "decline_rate": settings.payment_decline_rate,
        "error_before_rate": settings.payment_error_before_rate,
        "error_after_rate": settings.payment_error_after_rate,
        "hang_rate": settings.payment_hang_rate,
    }
    if not any(rates.values()) and settings.payment_latency is PaymentLatency.FIXED:
        return {}
    faults = {name: float(rate) for name, rate in rates.items()}
    return {"PAYMENT_FAULTS": json.dumps({**faults, "latency": settings.payment_latency.value})}


def _fulfilment(settings: Settings, tables: Tables) -> Environment:
    return {
        **_payment_faults(settings),
        "ORDERS_TABLE": tables.orders.name,
        "PRODUCTS_TABLE": tables.products.name,
        "PAYMENTS_TABLE": tables.payments.name,
        "PAYMENT_SECONDS": f"{settings.payment_seconds:f}",  # str() would write 1E-7
        "LEASE_SECONDS": str(settings.lease_seconds),
        "STATUS_SHARDS": str(settings.status_shards),
        "LOG_LEVEL": settings.log_level.value,
    }


def _service(settings: Settings) -> Environment:
    return {
        "DRAIN_SECONDS": str(settings.drain_seconds),
        "STOP_TIMEOUT_SECONDS": str(settings.stop_timeout_seconds),
        "AWS_REGION": settings.region,
    }
