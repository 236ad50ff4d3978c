"""The stack's configuration, read once into a frozen, checked, typed object."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from typing import Annotated, Any, get_type_hints

import pulumi
from pulumi.runtime import config as runtime_config

from infra.config_conflicts import SHORTEST_DRAIN_SECONDS, conflicts
from infra.config_rules import (
    DecimalSeconds,
    OneOf,
    OneOfNumbers,
    Origins,
    Pattern,
    Rule,
    Share,
    WholeNumber,
)
from infra.vocabulary import (
    Architecture,
    Ingress,
    LogLevel,
    PaymentLatency,
    PythonVersion,
    Topology,
)

MAX_PENDING_CAP = 10_000
# Listings read them all: more would cost each page more than it gives, see docs/adr/0010.
MAX_STATUS_SHARDS = 20
# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
_RETENTION_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731)
_RETENTION_YEARS = (1096, 1827, 2192, 2557, 2922, 3288, 3653)
_REGION_KEY = "aws:region"
_REGION = Pattern("[a-z]{2}(-[a-z]+)+-[0-9]", "the name of an AWS region", "us-west-2")


class SettingsError(Exception):
    """The configuration is wrong; the message has one line a problem: key, value, rule, remedy."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """Every configuration key of the project under its snake_case name, and the region."""

    region: str
    topology: Annotated[Topology, OneOf(Topology, "async")]
    ingress: Annotated[Ingress, OneOf(Ingress, "alb")]
    architecture: Annotated[Architecture, OneOf(Architecture, "arm64")]
    python_version: Annotated[PythonVersion, OneOf(PythonVersion, "3.13")]
    receiver_tasks: Annotated[int, WholeNumber(1, 100, "1")]
    processor_tasks: Annotated[int, WholeNumber(1, 100, "1")]
    receiver_port: Annotated[int, WholeNumber(1024, 65535, "8080")]
    processor_port: Annotated[int, WholeNumber(1024, 65535, "8081")]
    payment_seconds: Annotated[Decimal, DecimalSeconds(60, "3")]
    payment_latency: Annotated[PaymentLatency, OneOf(PaymentLatency, "fixed")]
    payment_decline_rate: Annotated[Decimal, Share("0.05")]
    payment_error_before_rate: Annotated[Decimal, Share("0.01")]
    payment_error_after_rate: Annotated[Decimal, Share("0.01")]
    payment_hang_rate: Annotated[Decimal, Share("0.01")]
    payment_concurrency: Annotated[int, WholeNumber(1, 1000, "5")]
    max_pending: Annotated[int, WholeNumber(0, MAX_PENDING_CAP, "0")]
    cors_origins: Annotated[str, Origins("https://shop.example")]
    load_balancer_idle_timeout_seconds: Annotated[int, WholeNumber(1, 4000, "60")]
    processor_concurrency: Annotated[int, WholeNumber(1, 1000, "20")]
    visibility_timeout_seconds: Annotated[int, WholeNumber(1, 43200, "180")]
    heartbeat_seconds: Annotated[int, WholeNumber(1, 43200, "60")]
    lease_seconds: Annotated[int, WholeNumber(1, 43200, "60")]
    max_receive_count: Annotated[int, WholeNumber(1, 1000, "3")]
    drain_seconds: Annotated[int, WholeNumber(SHORTEST_DRAIN_SECONDS, 120, "30")]
    stop_timeout_seconds: Annotated[int, WholeNumber(2, 120, "60")]
    status_shards: Annotated[int, WholeNumber(1, MAX_STATUS_SHARDS, "10")]
    lambda_memory_mb: Annotated[int, WholeNumber(128, 10240, "512")]
    lambda_timeout_seconds: Annotated[int, WholeNumber(1, 900, "30")]
    log_retention_days: Annotated[int, OneOfNumbers((*_RETENTION_DAYS, *_RETENTION_YEARS), "7")]
    log_level: Annotated[LogLevel, OneOf(LogLevel, "INFO")]

    @property
    def waiting_room(self) -> int:
        """Orders that may wait in one receiver: `maxPending`, or as many as are paid in time.

        The last order let in is paid before the load balancer's idle timeout cuts its connection.
        """
        if self.max_pending:
            return self.max_pending
        if not self.payment_seconds:
            return MAX_PENDING_CAP
        rounds = int(self.load_balancer_idle_timeout_seconds // self.payment_seconds)
        derived = (rounds - 1) * self.payment_concurrency
        return min(max(derived, self.payment_concurrency), MAX_PENDING_CAP)


def load_settings() -> Settings:
    """Return the settings of the running stack; SettingsError if its configuration is wrong."""
    # pulumi.Config reads known keys only; these two know every key, and so the misspelt ones.
    config = {**runtime_config.get_config_env(), **runtime_config.CONFIG.get()}
    return parse_settings(config, project=pulumi.get_project())


def parse_settings(config: Mapping[str, str], *, project: str) -> Settings:
    """Return `config` (keys with their namespace) checked; SettingsError names every problem."""
    own = {key.removeprefix(f"{project}:"): text for key, text in config.items()}
    rules = {_REGION_KEY: ("region", _REGION), **_rules()}
    problems = [_unknown(project, own, key) for key in sorted(own) if _is_unknown(key)]
    values: dict[str, Any] = {}
    for key, (name, rule) in rules.items():
        try:
            values[name] = rule.parse(_required(own, key))
        except ValueError as error:
            problems.append(_broken(project, own, key, str(error)) + _remedy(key, rule.example))
    if not problems:
        problems = [
            _broken(project, own, each.key, each.rule) + _remedy(each.remedy_key, str(each.remedy))
            for each in conflicts(Settings(**values))
        ]
    if problems:
        raise SettingsError("\n".join(problems))
    return Settings(**values)


def configuration_keys() -> tuple[str, ...]:
    """Return the project's configuration keys as a user types them."""
    return tuple(_rules())


def _rules() -> dict[str, tuple[str, Rule]]:
    """Return each configuration key's field name and rule, by key."""
    hints = get_type_hints(Settings, include_extras=True)
    return {
        _camel_case(name): (name, hint.__metadata__[0])
        for name, hint in hints.items()
        if hasattr(hint, "__metadata__")
    }


def _camel_case(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(map(str.capitalize, tail))


def _is_unknown(key: str) -> bool:
    """Tell whether the key is the project's (others keep their namespace) and nothing reads it."""
    return ":" not in key and key not in configuration_keys()


def _unknown(project: str, config: Mapping[str, str], key: str) -> str:
    nearest = get_close_matches(key, configuration_keys(), n=1, cutoff=0.0)[0]
    rule = f"is not a key of this project, the nearest is {nearest}"
    return f"{_broken(project, config, key, rule)}; remove it with: pulumi config rm {key}"


def _required(config: Mapping[str, str], key: str) -> str:
    if key not in config:
        raise ValueError("must be set")
    return str(config[key])


def _broken(project: str, config: Mapping[str, str], key: str, rule: str) -> str:
    full_key = key if ":" in key else f"{project}:{key}"
    return f"{full_key} = {config[key]}: {rule}" if key in config else f"{full_key}: {rule}"


def _remedy(key: str, value: str) -> str:
    return f"; set it with: pulumi config set {key} {value}"
