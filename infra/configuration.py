"""Reading the stack's configuration into settings, once; everything that is wrong is said."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, get_type_hints

import pulumi
from pulumi.runtime import config as runtime_config

from infra.config_conflicts import conflicts
from infra.config_rules import Pattern, Rule
from infra.settings import Settings

_REGION_KEY = "aws:region"
_REGION = Pattern("[a-z]{2}(-[a-z]+)+-[0-9]", "the name of an AWS region", "us-west-2")


class SettingsError(Exception):
    """The configuration is wrong; the message has one line a problem: key, value, rule, remedy."""


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
