"""The stack configuration as the Pulumi CLI puts it together, plus a caller's overrides."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from terminal.errors import UserError

_MACHINES: Mapping[str, str] = {"aarch64": "arm64", "arm64": "arm64"}


@dataclass(frozen=True)
class StackConfig:
    """One stack's project name and configuration; every key carries its namespace."""

    project: str
    stack: str
    values: Mapping[str, str]

    @property
    def region(self) -> str:
        """The region that the stack deploys to."""
        return self.values.get("aws:region", "us-west-2")

    @property
    def own(self) -> dict[str, str]:
        """The project's own keys, without their namespace."""
        prefix = f"{self.project}:"
        return {
            key.removeprefix(prefix): value
            for key, value in self.values.items()
            if key.startswith(prefix)
        }


def read_stack(root: Path, stack: str, overrides: Mapping[str, str] | None = None) -> StackConfig:
    """Merge Pulumi.yaml's defaults, Pulumi.<stack>.yaml and overrides, later ones first.

    Raises:
        UserError: a file cannot be used, or a value is a secret and no override takes its place.
    """
    project = _read_yaml(root / "Pulumi.yaml")
    name = str(project.get("name", ""))
    given = {_full_key(key, name): value for key, value in (overrides or {}).items()}
    config = _stack_file(root, stack).get("config") or {}
    declared = {_full_key(key, name): value for key, value in config.items()}
    for key, value in declared.items():
        if key not in given and _is_secret(value):
            raise UserError(
                f"Pulumi.{stack}.yaml: {key} is a secret, which only the Pulumi CLI can decrypt; "
                f"give the local run a value of its own with --config {key}=..."
            )
    plain = {key: _as_text(value) for key, value in declared.items() if key not in given}
    return StackConfig(name, stack, {**_defaults(project, name), **plain, **given})


def this_machine(root: Path) -> dict[str, str]:
    """What is overridden so that this interpreter can load the very same Lambda layer."""
    declared = _read_yaml(root / "Pulumi.yaml").get("config") or {}
    machine = {
        "architecture": _MACHINES.get(platform.machine().lower(), "x86_64"),
        "pythonVersion": f"{sys.version_info.major}.{sys.version_info.minor}",
    }
    return {key: value for key, value in machine.items() if key in declared}


def parse_overrides(pairs: list[str]) -> dict[str, str]:
    """Read `key=value` options; the program itself checks keys and values."""
    parsed = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key.strip():
            raise UserError(f"--config {pair!r} is not key=value; e.g. --config port=8090")
        parsed[key.strip()] = value.strip()
    return parsed


def _defaults(project: Mapping[str, Any], name: str) -> dict[str, str]:
    """Every declared default; a declaration is either a mapping or the value itself."""
    values = {}
    for key, declared in (project.get("config") or {}).items():
        default = declared
        if isinstance(declared, Mapping):
            default = declared.get("default", declared.get("value"))
        if default is not None:
            values[_full_key(key, name)] = _as_text(default)
    return values


def _is_secret(value: Any) -> bool:
    """Whether a value is encrypted, or a part of it is, as `pulumi config set --secret` writes it.

    https://www.pulumi.com/docs/iac/concepts/secrets/
    """
    if isinstance(value, Mapping):
        return value.keys() == {"secure"} or any(map(_is_secret, value.values()))
    return isinstance(value, list) and any(map(_is_secret, value))


def _stack_file(root: Path, stack: str) -> dict[str, Any]:
    path = root / f"Pulumi.{stack}.yaml"
    if not path.is_file():
        known = sorted(
            file.name.removeprefix("Pulumi.").removesuffix(".yaml")
            for file in root.glob("Pulumi.*.yaml")
        )
        raise UserError(
            f"stack {stack!r} has no file {path}; those that have: {', '.join(known) or 'none'}"
        )
    return _read_yaml(path)


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise UserError(f"{path} is not YAML: {' '.join(str(error).split())}") from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise UserError(f"{path} holds {type(content).__name__}; it must hold keys and values")
    return content


def _full_key(key: str, project: str) -> str:
    return key if ":" in key else f"{project}:{key}"


def _as_text(value: object) -> str:
    """A value as Pulumi hands it to the program: scalars as text, the rest as JSON."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (dict, list)):
        return json.dumps(value)
    return str(value)
