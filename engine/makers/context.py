"""What the makers of resources share: the emulator's clients and what the program declared."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.emulator.clients import Clients
from engine.functions.processes import FunctionDeclaration
from engine.services.processes import ServiceDeclaration, TaskDeclaration

_SUFFIX_LENGTH = 7


@dataclass(frozen=True)
class Resource:
    """One registered resource: type token, logical name, inputs in camelCase."""

    type: str
    name: str
    inputs: Mapping[str, Any]


@dataclass(frozen=True)
class Made:
    """What the provider would answer: the id and what it computed on top of the inputs."""

    id: str
    outputs: Mapping[str, Any]


@dataclass(frozen=True)
class Listener:
    """One port of a load balancer and the target group that its requests go to."""

    load_balancer_arn: str
    port: int
    target_group_arn: str


@dataclass
class Context:
    """The emulator as the makers see it, and the declarations that become processes later.

    Makers run on several threads; each writes its own keys only, under `lock` where it reads
    before it writes.
    """

    clients: Clients
    region: str
    account_id: str
    endpoint_url: str
    root: Path
    run_dir: Path
    tasks: dict[str, TaskDeclaration] = field(default_factory=dict)
    services: dict[str, ServiceDeclaration] = field(default_factory=dict)
    functions: dict[str, FunctionDeclaration] = field(default_factory=dict)
    layers: dict[str, Path] = field(default_factory=dict)
    load_balancers: dict[str, str] = field(default_factory=dict)
    rest_apis: dict[str, str] = field(default_factory=dict)
    listeners: list[Listener] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource of this account and region."""
        return f"arn:aws:{service}:{self.region}:{self.account_id}:{resource}"


Maker = Callable[[Context, Resource], Made]


def tags_of(resource: Resource) -> list[Mapping[str, str]]:
    """The resource's tags as AWS APIs that want a list of keys and values take them."""
    tags: Mapping[str, str] = resource.inputs.get("tags") or {}
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def tags_by_name(resource: Resource) -> dict[str, str]:
    """The resource's tags as AWS APIs that want a mapping take them."""
    return dict(resource.inputs.get("tags") or {})


def given(inputs: Mapping[str, Any], same: Sequence[str], **renamed: str) -> dict[str, Any]:
    """The inputs that are there, under the API's names: the `same`, or another for an input."""
    names = {**{name: name for name in same}, **renamed}
    return {name: inputs[key] for key, name in names.items() if inputs.get(key) not in (None, "")}


def each(value: Any) -> Sequence[Any]:
    """A list input that may be absent."""
    return value or ()


def as_text(value: object) -> str:
    """A scalar as these APIs write it; a document as JSON."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (dict, list)):
        return json.dumps(value)
    return str(value)


def physical_name(logical: str, inputs: Mapping[str, Any], *, ending: str = "") -> str:
    """The given name; else its prefix or `<logical name>-` with seven hexadecimal digits."""
    if given := inputs.get("name"):
        return str(given)
    prefix = inputs.get("namePrefix") or f"{logical}-"
    return f"{prefix}{random_suffix()}{ending}"


def random_suffix(length: int = _SUFFIX_LENGTH) -> str:
    """Hexadecimal digits that tell two resources of one name apart."""
    return secrets.token_hex(length)[:length]
