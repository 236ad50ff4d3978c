"""The order workflow: a function for each step, and the state machine that puts them in order."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra import permissions
from infra.environment import fulfilling_function_environment
from infra.foundation import Foundation
from infra.function import Function, FunctionArgs, FunctionCode
from infra.iam import ServiceRole, ServiceRoleArgs, Statement
from infra.tables import Tables
from infra.workflow_definition import TASKS, workflow_definition


@dataclass(frozen=True, kw_only=True)
class OrderWorkflowArgs:
    """What the tasks work on, and what they are made of."""

    foundation: Foundation
    code: FunctionCode


class OrderWorkflow(pulumi.ComponentResource):
    """Six functions and a Standard state machine, whose executions are named after orders."""

    arn: pulumi.Output[str]

    def __init__(
        self, name: str, args: OrderWorkflowArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("flashsale:compute:OrderWorkflow", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        settings = args.foundation.settings
        functions = {state: self._create_task(module) for state, module in TASKS.items()}
        log_group = aws.cloudwatch.LogGroup(
            f"{name}-logs",
            retention_in_days=settings.log_retention_days,
            opts=self._child,
        )
        role = self._create_role(list(functions.values()))
        invoked = pulumi.Output.all(**{k: each.invoked_arn for k, each in functions.items()})
        machine = aws.sfn.StateMachine(
            f"{name}-machine",
            role_arn=role.arn,
            type="STANDARD",
            definition=invoked.apply(
                lambda arns: json.dumps(workflow_definition(arns, settings.lambda_timeout_seconds))
            ),
            logging_configuration=aws.sfn.StateMachineLoggingConfigurationArgs(
                level="ERROR",
                include_execution_data=False,
                log_destination=pulumi.Output.concat(log_group.arn, ":*"),
            ),
            tracing_configuration=aws.sfn.StateMachineTracingConfigurationArgs(enabled=True),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[role]),
        )
        self.arn = machine.arn
        self.register_outputs({"arn": self.arn})

    def _create_task(self, module: str) -> Function:
        settings, tables = self._args.foundation.settings, self._args.foundation.tables
        return Function(
            f"{self._name}-{module.replace('_', '-')}",
            FunctionArgs(
                settings=settings,
                code=self._args.code,
                module=module,
                environment=fulfilling_function_environment(settings, tables),
                statements=_statements(module, tables),
                timeout_seconds=settings.lambda_timeout_seconds,
                start_after=[tables],
            ),
            opts=self._child,
        )

    def _create_role(self, functions: Sequence[Function]) -> ServiceRole:
        return ServiceRole(
            self._name,
            ServiceRoleArgs(
                service="states.amazonaws.com",
                statements=[
                    permissions.invoking([each.invoked_arn for each in functions]),
                    *permissions.delivering_logs_and_traces(),
                ],
            ),
            opts=self._child,
        )


def _statements(module: str, tables: Tables) -> list[Statement]:
    """Return what one task may do, of what fulfilment may."""
    claim, charge, refund, take = permissions.fulfilment(tables)
    each: Mapping[str, list[Statement]] = {
        "claim_order": [claim],
        "charge_order": [charge],
        "complete_order": [claim, take],
        "decide_failure": [claim],
        "refund_order": [refund],
        "fail_order": [claim],
    }
    return each[module]
