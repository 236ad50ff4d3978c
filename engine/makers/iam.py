"""IAM roles and policies: real on the emulator, which enforces them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.makers.context import (
    Context,
    Made,
    Maker,
    Resource,
    as_text,
    each,
    physical_name,
    random_suffix,
    tags_of,
)


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


def _role(context: Context, resource: Resource) -> Made:
    inputs = resource.inputs
    name = physical_name(resource.name, inputs)
    client = context.clients.iam
    request: dict[str, Any] = {
        "RoleName": name,
        "AssumeRolePolicyDocument": as_text(inputs["assumeRolePolicy"]),
        "Path": inputs.get("path") or "/",
        "Description": inputs.get("description") or "",
        "Tags": tags_of(resource),
    }
    role = client.create_role(**request)["Role"]
    for policy in each(inputs.get("inlinePolicies")):
        _put_policy(context, name, policy.get("name") or random_suffix(), policy["policy"])
    for arn in each(inputs.get("managedPolicyArns")):
        client.attach_role_policy(RoleName=name, PolicyArn=arn)
    return Made(
        name,
        {
            "arn": role["Arn"],
            "name": name,
            "uniqueId": role["RoleId"],
            "createDate": role["CreateDate"].isoformat(),
        },
    )


def _role_policy(context: Context, resource: Resource) -> Made:
    name = physical_name(resource.name, resource.inputs)
    role = str(resource.inputs["role"])
    _put_policy(context, role, name, resource.inputs["policy"])
    return Made(f"{role}:{name}", {"name": name})


def _attachment(context: Context, resource: Resource) -> Made:
    role, arn = str(resource.inputs["role"]), str(resource.inputs["policyArn"])
    context.clients.iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    return Made(f"{role}-{arn}", {})


def _put_policy(context: Context, role: str, name: str, document: object) -> None:
    context.clients.iam.put_role_policy(
        RoleName=role, PolicyName=name, PolicyDocument=with_aliases(as_text(document))
    )


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


MAKERS: dict[str, Maker] = {
    "aws:iam/role:Role": _role,
    "aws:iam/rolePolicy:RolePolicy": _role_policy,
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": _attachment,
}
