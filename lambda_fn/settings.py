"""The functions' settings, each read once from its environment: what it needs and no more.

Every function here raises `SettingsError` with one line a problem.
"""

from __future__ import annotations

from dataclasses import dataclass

from adapters.orders.schema import StatusShards, Tables
from adapters.settings import LOG_LEVELS, FulfilmentSettings, read_fulfilment_settings
from kit.environment import Environment
from orders.status_index import MAX_SHARDS


@dataclass(frozen=True, kw_only=True)
class FunctionSettings:
    """What every function is told."""

    region: str
    log_level: str


@dataclass(frozen=True, kw_only=True)
class ShopSettings(FunctionSettings):
    """What the functions behind the gateway are told.

    Attributes:
        cors_origins: origins whose scripts may read answers; `*` alone stands for all.
    """

    tables: Tables
    cors_origins: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class RelaySettings(FunctionSettings):
    """Where the relay passes on what the stream says, and where what it cannot read goes.

    New orders go into the queue, or into the state machine: one of the two is set.
    """

    topic_arn: str
    unreadable_queue_url: str
    queue_url: str | None = None
    state_machine_arn: str | None = None


@dataclass(frozen=True, kw_only=True)
class QueueSettings(FulfilmentSettings):
    """Where a message goes that no try can help."""

    dead_letter_queue_url: str


def fulfilment_settings(environment: Environment) -> FulfilmentSettings:
    """Read what a function is told that fulfils orders."""
    settings = read_fulfilment_settings(environment)
    environment.check()
    return settings


def queue_settings(environment: Environment) -> QueueSettings:
    """Read what a function is told that fulfils the orders of a queue."""
    settings = QueueSettings(
        **vars(read_fulfilment_settings(environment)),
        dead_letter_queue_url=environment.text("DLQ_URL"),
    )
    environment.check()
    return settings


def shop_settings(environment: Environment) -> ShopSettings:
    """Read what the functions behind the gateway are told."""
    origins = environment.optional_text("CORS_ORIGINS") or ""
    settings = ShopSettings(
        **_common(environment),
        tables=Tables(
            environment.text("ORDERS_TABLE"),
            environment.text("PRODUCTS_TABLE"),
            StatusShards(environment.integer("STATUS_SHARDS", 1, MAX_SHARDS)),
        ),
        cors_origins=frozenset(filter(None, map(str.strip, origins.split(",")))),
    )
    environment.check()
    return settings


def relay_settings(environment: Environment) -> RelaySettings:
    """Read what the relay is told."""
    settings = RelaySettings(
        **_common(environment),
        topic_arn=environment.text("SNS_TOPIC_ARN"),
        unreadable_queue_url=environment.text("UNREADABLE_QUEUE_URL"),
        queue_url=environment.optional_text("SQS_QUEUE_URL"),
        state_machine_arn=environment.optional_text("STATE_MACHINE_ARN"),
    )
    environment.rule(
        holds=(settings.queue_url is None) != (settings.state_machine_arn is None),
        problem="SQS_QUEUE_URL, STATE_MACHINE_ARN: one of the two must be set, to say where new "
        "orders go",
    )
    environment.check()
    return settings


def function_settings(environment: Environment) -> FunctionSettings:
    """Read what every function is told."""
    settings = FunctionSettings(**_common(environment))
    environment.check()
    return settings


def _common(environment: Environment) -> dict[str, str]:
    return {
        "region": environment.text("AWS_REGION"),
        "log_level": environment.choice("LOG_LEVEL", LOG_LEVELS),
    }
