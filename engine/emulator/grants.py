"""What AWS asks before a service acts in a role's name or invokes a function.

The emulator does not ask. A refusal is written to its log in AWS's words, for whoever looks for
the missing action.
"""
# ruff: noqa: SLF001 - the emulator has no public way in

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from ministack.core import iam_evaluator  # type: ignore[import-not-found]
from ministack.core.responses import (  # type: ignore[import-not-found]
    get_account_id,
    get_region,
)

_log = logging.getLogger("flash-sale.grants")


def may(role_arn: str, actions: Iterable[str], resource_arn: str) -> bool:
    """Whether the role may do all of it; each action that is missing is told."""
    missing = [each for each in actions if not _allows(role_arn, each, resource_arn)]
    for action in missing:
        _log.warning(
            "User: arn:aws:sts::%s:assumed-role/%s/service is not authorized to perform: %s "
            "on resource: %s",
            get_account_id(),
            role_arn.rpartition("/")[2],
            action,
            resource_arn,
        )
    return not missing


def _allows(role_arn: str, action: str, resource_arn: str) -> bool:
    account, role = get_account_id(), role_arn.rpartition("/")[2]
    context = _context(f"arn:aws:sts::{account}:assumed-role/{role}/service", action, resource_arn)
    policies = iam_evaluator._gather_role_policies(role, account)
    return bool(iam_evaluator.evaluate(context, policies).decision == "Allow")


def admits(function: Mapping[str, Any], service: str, source_arn: str, invoked_arn: str) -> bool:
    """Whether the function's own policy lets a service invoke it for that source."""
    context = _context(service, "lambda:InvokeFunction", invoked_arn)
    context.service_context["aws:sourcearn"] = source_arn
    policy = {
        "Statement": [
            each
            for each in (function.get("policy") or {}).get("Statement", [])
            if each.get("Resource") == invoked_arn
        ]
    }
    result = iam_evaluator.evaluate_resource_policy(policy, context, service=service)
    if result.decision != "Allow":
        _log.warning(
            "%s is not authorized to perform: lambda:InvokeFunction on resource: %s for source: %s",
            service,
            invoked_arn,
            source_arn,
        )
    return bool(result.decision == "Allow")


def _context(principal: str, action: str, resource_arn: str) -> Any:
    return iam_evaluator.EvalContext(
        principal_arn=principal,
        principal_type="AssumedRole",
        principal_account=get_account_id(),
        action=action,
        resource_arn=resource_arn,
        region=get_region(),
    )
