"""Action names that only the emulator checks, granted wherever a policy grants the real one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Alias:
    """What the emulator asks for where AWS asks for `granted_by`."""

    emulator_action: str
    granted_by: str
    reason: str


ALIASES: tuple[Alias, ...] = (
    Alias(
        "sns:PublishBatch",
        "sns:Publish",
        "AWS authorises PublishBatch as sns:Publish on the topic",
    ),
    Alias(
        "sqs:SendMessageBatch",
        "sqs:SendMessage",
        "AWS authorises SendMessageBatch as sqs:SendMessage on the queue",
    ),
    Alias(
        "sqs:DeleteMessageBatch",
        "sqs:DeleteMessage",
        "AWS authorises DeleteMessageBatch as sqs:DeleteMessage on the queue",
    ),
    Alias(
        "sqs:ChangeMessageVisibilityBatch",
        "sqs:ChangeMessageVisibility",
        "AWS authorises the batch as sqs:ChangeMessageVisibility on the queue",
    ),
)
"""TransactWriteItems and PartiQL need none: the emulator authorises each of their items."""


def with_aliases(document: str) -> str:
    """The policy with the emulator's names beside the real ones, statement by statement."""
    policy = json.loads(document)
    statements = policy.get("Statement", [])
    if isinstance(statements, Mapping):
        statements = [statements]
    policy["Statement"] = [_expanded(statement) for statement in statements]
    return json.dumps(policy)


def _expanded(statement: dict[str, Any]) -> dict[str, Any]:
    actions = _as_list(statement.get("Action"))
    names = {str(action).lower() for action in actions}
    wanted = [one.emulator_action for one in ALIASES if one.granted_by.lower() in names]
    return {**statement, "Action": [*actions, *wanted]} if wanted else statement


def _as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]
