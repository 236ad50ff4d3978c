"""The function's settings, read once from its environment: what every service has, no more."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.settings import FulfilmentSettings, read_fulfilment_settings
from kit.environment import Environment


def settings_from(variables: Mapping[str, str]) -> FulfilmentSettings:
    """Return the settings that the environment variables hold.

    Raises:
        SettingsError: with one line a problem.
    """
    return read_settings(Environment(variables))


def read_settings(environment: Environment) -> FulfilmentSettings:
    """Read every variable of the function from `environment`.

    Raises:
        SettingsError: with one line a problem.
    """
    settings = read_fulfilment_settings(environment)
    environment.check()
    return settings
