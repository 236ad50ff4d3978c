"""IAM statements and roles: every action and every resource named."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

POLICY_VERSION = "2012-10-17"


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One concern that a policy allows, under the name (Sid) by which a reviewer finds it."""

    sid: str
    actions: Sequence[str]
    resources: Sequence[pulumi.Input[str]]
    service: str | None = None
    source_arn: pulumi.Input[str] | None = None

    def document(self) -> dict[str, Any]:
        """Return the statement in IAM's own words."""
        document: dict[str, Any] = {
            "Sid": self.sid,
            "Effect": "Allow",
            "Action": list(self.actions),
            "Resource": list(self.resources),
        }
        if self.service is not None:
            document["Principal"] = {"Service": self.service}
        if self.source_arn is not None:
            document["Condition"] = {"ArnEquals": {"aws:SourceArn": self.source_arn}}
        return document


def allow(sid: str, *actions: str, on: pulumi.Input[str]) -> Statement:
    """Return a statement that allows `actions` on the one resource `on`."""
    return Statement(sid=sid, actions=actions, resources=(on,))


def policy_document(statements: Sequence[Statement]) -> pulumi.Output[str]:
    """Return the JSON of a policy made of `statements`."""
    return pulumi.Output.json_dumps(
        {"Version": POLICY_VERSION, "Statement": [each.document() for each in statements]}
    )


def _trust_policy(service: str, account_id: pulumi.Input[str]) -> pulumi.Output[str]:
    """Let the service assume the role for resources of this account only (confused deputy).

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
    """
    statement: Mapping[str, Any] = {
        "Sid": "AssumedByService",
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": service},
        "Condition": {"StringEquals": {"aws:SourceAccount": account_id}},
    }
    return pulumi.Output.json_dumps({"Version": POLICY_VERSION, "Statement": [statement]})


@dataclass(frozen=True, kw_only=True)
class ServiceRoleArgs:
    """Which AWS service assumes the role, and what it may then do."""

    service: str
    statements: Sequence[Statement]


class ServiceRole(pulumi.ComponentResource):
    """A role that one AWS service assumes, with one inline policy.

    Whoever uses the role depends on the component: it must not run before its policy is there.
    """

    arn: pulumi.Output[str]

    def __init__(
        self, name: str, args: ServiceRoleArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("flashsale:iam:ServiceRole", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        account = aws.get_caller_identity_output(opts=pulumi.InvokeOutputOptions(parent=self))
        role = aws.iam.Role(
            f"{name}-role",
            assume_role_policy=_trust_policy(args.service, account.account_id),
            opts=child,
        )
        aws.iam.RolePolicy(
            f"{name}-policy", role=role.name, policy=policy_document(args.statements), opts=child
        )
        self.arn = role.arn
        self.register_outputs({"arn": self.arn})
