"""The processor's settings, read once from its environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from adapters.settings import (
    MAX_VISIBILITY_SECONDS,
    FulfilmentSettings,
    read_fulfilment_settings,
)
from kit.environment import Environment


@dataclass(frozen=True, kw_only=True)
class Settings(FulfilmentSettings):
    """What one processor works on, with how many hands, and how it stops."""

    port: int
    queue_url: str
    dead_letter_queue_url: str
    concurrency: int
    visibility_timeout_seconds: int
    visibility_extension_interval_seconds: float
    drain_seconds: float
    stop_timeout_seconds: float


def settings_from(variables: Mapping[str, str]) -> Settings:
    """Return the settings in `variables`.

    Raises:
        SettingsError: with one line for each variable that is missing, wrong or at odds.
    """
    return read_settings(Environment(variables))


def read_settings(environment: Environment) -> Settings:
    """Return the settings in `environment`, which remembers what was asked of it."""
    settings = Settings(
        **vars(read_fulfilment_settings(environment)),
        port=environment.integer("PORT", 1, 65535),
        queue_url=environment.text("SQS_QUEUE_URL"),
        dead_letter_queue_url=environment.text("DLQ_URL"),
        concurrency=environment.integer("PROCESSOR_CONCURRENCY", 1, 1000),
        visibility_timeout_seconds=environment.integer(
            "VISIBILITY_TIMEOUT_SECONDS", 1, MAX_VISIBILITY_SECONDS
        ),
        visibility_extension_interval_seconds=environment.seconds(
            "VISIBILITY_EXTENSION_INTERVAL_SECONDS", 0.1, MAX_VISIBILITY_SECONDS
        ),
        drain_seconds=environment.seconds("DRAIN_SECONDS", 2, 120),
        stop_timeout_seconds=environment.seconds("STOP_TIMEOUT_SECONDS", 2, 120),
    )
    for low, high in (
        ("VISIBILITY_EXTENSION_INTERVAL_SECONDS", "VISIBILITY_TIMEOUT_SECONDS"),
        ("DRAIN_SECONDS", "STOP_TIMEOUT_SECONDS"),
    ):
        _must_be_less(environment, settings, low, high)
    environment.check()
    return settings


def _must_be_less(environment: Environment, settings: Settings, low: str, high: str) -> None:
    low_value: float = getattr(settings, low.lower())
    high_value: float = getattr(settings, high.lower())
    environment.rule(
        holds=low_value < high_value,
        problem=f"{low} = {low_value:g}: must be less than {high} = {high_value:g}",
    )
