"""Shows a recorded stack as Terraform, for tools that read nothing else; never deployed."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pulumi

from tests.support.recorded_stack import Declared, RecordedStack

# Only what the rule below would not find.
RENAMED_TYPES = {
    "aws:cloudwatch/logGroup:LogGroup": "aws_cloudwatch_log_group",
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": "aws_default_security_group",
    "aws:lb/loadBalancer:LoadBalancer": "aws_lb",
    "aws:lb/targetGroup:TargetGroup": "aws_lb_target_group",
    "aws:lb/listener:Listener": "aws_lb_listener",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": (
        "aws_vpc_security_group_egress_rule"
    ),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": (
        "aws_vpc_security_group_ingress_rule"
    ),
}
RENAMED_INPUTS = {
    ("aws_lambda_permission", "function"): "function_name",
    ("aws_sns_topic_subscription", "topic"): "topic_arn",
}
# Objects whose keys are data; every other object is a block.
MAPS = {"tags", "variables"}


def as_terraform(stack: RecordedStack) -> str:
    """Return every AWS resource of the stack, with its references, in HCL."""
    resources = [each for each in stack.resources if each.type.startswith("aws:")]
    references = {
        value: f"{terraform_type(each.type)}.{each.name}.{attribute}"
        for each in resources
        for attribute, value in _known_by(each)
    }
    return "".join(f"{line}\n" for each in resources for line in _resource(each, references))


def terraform_type(type_: str) -> str:
    """Return Terraform's name of a type: EC2's carry no module, the others do."""
    _, module, kind = type_.split(":")
    service = module.split("/")[0]
    prefix = "aws_" if service == "ec2" else f"aws_{service}_"
    return RENAMED_TYPES.get(type_, prefix + _snake_case(kind))


def _known_by(resource: Declared) -> Iterator[tuple[str, str]]:
    yield "id", f"{resource.name}-id"
    for attribute in ("arn", "name"):
        value = resource.outputs.get(attribute)
        if isinstance(value, str) and value not in resource.inputs.values():
            yield attribute, value


def _resource(resource: Declared, references: Mapping[str, str]) -> Iterator[str]:
    type_ = terraform_type(resource.type)
    yield f'resource "{type_}" "{resource.name}" {{'
    for key, value in sorted(resource.inputs.items()):
        name = _snake_case(key)
        yield from _entry(RENAMED_INPUTS.get((type_, name), name), value, references)
    yield "}"


def _entry(name: str, value: Any, references: Mapping[str, str]) -> Iterator[str]:
    if isinstance(value, pulumi.Archive):
        yield 'filename = "archive.zip"'
    elif isinstance(value, dict) and name not in MAPS:
        yield from _block(name, value, references)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for each in value:
            yield from _block(_singular(name), each, references)
    else:
        yield f"{name} = {_expression(value, references)}"


def _block(name: str, content: Mapping[str, Any], references: Mapping[str, str]) -> Iterator[str]:
    yield f"{name} {{"
    for key, value in sorted(content.items()):
        yield from _entry(_snake_case(key), value, references)
    yield "}"


def _expression(value: Any, references: Mapping[str, str]) -> str:
    if isinstance(value, str):
        return references.get(value, json.dumps(value))
    if isinstance(value, list):
        return f"[{', '.join(_expression(each, references) for each in value)}]"
    if isinstance(value, dict):
        pairs = (f"{key} = {_expression(each, references)}" for key, each in value.items())
        return f"{{ {', '.join(pairs)} }}"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return json.dumps(value)


def _singular(name: str) -> str:
    return name.removesuffix("es") if name.endswith("indexes") else name.removesuffix("s")


def _snake_case(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()
