"""IAM roles and policies: real on the emulator, which enforces them."""

from __future__ import annotations

from typing import Any

from engine.stack.aliases import with_aliases
from engine.stack.attributes import as_text
from engine.stack.context import Made, Maker, Resource, World, each, tags_of
from engine.stack.naming import physical_name, random_suffix


def _role(world: World, resource: Resource) -> Made:
    inputs = resource.inputs
    name = physical_name(resource.name, inputs)
    client = world.clients.iam
    request: dict[str, Any] = {
        "RoleName": name,
        "AssumeRolePolicyDocument": as_text(inputs["assumeRolePolicy"]),
        "Path": inputs.get("path") or "/",
        "Description": inputs.get("description") or "",
        "Tags": tags_of(resource),
    }
    role = client.create_role(**request)["Role"]
    for policy in each(inputs.get("inlinePolicies")):
        _put_policy(world, name, policy.get("name") or random_suffix(), policy["policy"])
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


def _role_policy(world: World, resource: Resource) -> Made:
    name = physical_name(resource.name, resource.inputs)
    role = str(resource.inputs["role"])
    _put_policy(world, role, name, resource.inputs["policy"])
    return Made(f"{role}:{name}", {"name": name})


def _put_policy(world: World, role: str, name: str, document: object) -> None:
    world.clients.iam.put_role_policy(
        RoleName=role, PolicyName=name, PolicyDocument=with_aliases(as_text(document))
    )


def _policy(world: World, resource: Resource) -> Made:
    inputs = resource.inputs
    name = physical_name(resource.name, inputs)
    made = world.clients.iam.create_policy(
        PolicyName=name,
        Path=inputs.get("path") or "/",
        PolicyDocument=with_aliases(as_text(inputs["policy"])),
        Tags=tags_of(resource),  # type: ignore[arg-type]
    )["Policy"]
    return Made(made["Arn"], {"arn": made["Arn"], "name": name, "policyId": made["PolicyId"]})


def _attachment(world: World, resource: Resource) -> Made:
    role, arn = str(resource.inputs["role"]), str(resource.inputs["policyArn"])
    world.clients.iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    return Made(f"{role}-{random_suffix()}", {})


MAKERS: dict[str, Maker] = {
    "aws:iam/role:Role": _role,
    "aws:iam/rolePolicy:RolePolicy": _role_policy,
    "aws:iam/policy:Policy": _policy,
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": _attachment,
}
