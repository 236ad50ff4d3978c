"""The receiver's settings, read once from its environment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from adapters.settings import FulfilmentSettings, read_fulfilment_settings
from kit.environment import Environment

TOPOLOGIES = ("sync", "async", "serverless")

_ORIGIN = re.compile(r"\*|https?://[^/\s,]+")


@dataclass(frozen=True, kw_only=True)
class Settings(FulfilmentSettings):
    """The receiver's settings.

    Attributes:
        payment_concurrency: concurrent payments in this process.
        max_pending: orders that may wait for a payment slot; one more is refused.
        drain_seconds: how long work under way may take after a stop signal.
        sns_topic_arn: where orders are published; None in the sync topology.
        cors_origins: origins whose scripts may call; `*` alone stands for all.
        max_in_flight: orders on their way to the topic; one more is refused.
    """

    port: int
    topology: str
    payment_concurrency: int
    max_pending: int
    drain_seconds: float
    stop_timeout_seconds: float
    sns_topic_arn: str | None = None
    cors_origins: frozenset[str] = frozenset()
    max_in_flight: int = 1000


def settings_from(variables: Mapping[str, str]) -> Settings:
    """Return the settings that the environment variables hold.

    Raises:
        SettingsError: with one line a problem.
    """
    return read_settings(Environment(variables))


def read_settings(environment: Environment) -> Settings:
    """Read every variable of the receiver from `environment`.

    Raises:
        SettingsError: with one line a problem.
    """
    settings = Settings(
        **vars(read_fulfilment_settings(environment)),
        port=environment.integer("PORT", 1, 65535),
        topology=environment.choice("TOPOLOGY", TOPOLOGIES),
        payment_concurrency=environment.integer("PAYMENT_CONCURRENCY", 1, 1000),
        max_pending=environment.integer("MAX_PENDING", 0, 10_000),
        drain_seconds=environment.seconds("DRAIN_SECONDS", 0, 120),
        stop_timeout_seconds=environment.seconds("STOP_TIMEOUT_SECONDS", 1, 120),
        sns_topic_arn=environment.optional_text("SNS_TOPIC_ARN"),
        cors_origins=_origins(environment.optional_text("CORS_ORIGINS")),
    )
    _check_rules(environment, settings)
    _check_origins(environment, settings.cors_origins)
    environment.check()
    return settings


def _origins(text: str | None) -> frozenset[str]:
    return frozenset(origin.strip() for origin in (text or "").split(",") if origin.strip())


def _check_rules(environment: Environment, settings: Settings) -> None:
    environment.rule(
        holds=settings.drain_seconds < settings.stop_timeout_seconds,
        problem=f"DRAIN_SECONDS = {settings.drain_seconds:g}: must be less than "
        f"STOP_TIMEOUT_SECONDS ({settings.stop_timeout_seconds:g}), or the drain is cut off",
    )
    environment.rule(
        holds=settings.topology == "sync" or settings.sns_topic_arn is not None,
        problem=f"SNS_TOPIC_ARN: is not set; TOPOLOGY {settings.topology} publishes orders there",
    )


def _check_origins(environment: Environment, origins: frozenset[str]) -> None:
    for origin in sorted(origins):
        environment.rule(
            holds=_ORIGIN.fullmatch(origin) is not None,
            problem=f"CORS_ORIGINS = {origin}: must be * or origins such as https://shop.example, "
            "separated by commas",
        )
