"""A Lambda function, and the code and layer that all functions of a stack share."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_aws as aws

from infra import permissions
from infra.environment import Environment
from infra.foundation import Foundation, named_after
from infra.iam import ServiceRole, ServiceRoleArgs, Statement
from infra.lambda_package import build_function_code, build_layer
from infra.settings import Settings

# https://docs.aws.amazon.com/lambda/latest/dg/snapstart-activate.html
SNAPSHOT = aws.lambda_.FunctionSnapStartArgs(apply_on="PublishedVersions")
# A function that pays nothing: a few calls, with their retries.
QUICK_SECONDS = 30
# One that a customer waits for; the gateway itself gives up after 29.
API_SECONDS = 10


@dataclass(frozen=True)
class FunctionFolders:
    """Where the code of all functions was built, and the dependencies that they share."""

    code: Path
    layer: Path


def build_folders(settings: Settings) -> FunctionFolders:
    """Build both unless they are there; BuildError if one cannot be.

    Before anything is declared: what cannot be built must leave no half-made stack behind.
    """
    return FunctionFolders(
        code=build_function_code(settings.python_version),
        layer=build_layer(settings.architecture, settings.python_version),
    )


class FunctionCode(pulumi.ComponentResource):
    """What all functions of a stack are made of: their code, and a layer below it."""

    folder: Path
    layer_arn: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        foundation: Foundation,
        folders: FunctionFolders,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("flashsale:compute:FunctionCode", name, None, opts)
        settings = foundation.settings
        layer = aws.lambda_.LayerVersion(
            f"{name}-layer",
            # The provider makes no name here: Lambda takes a layer's as it is told.
            layer_name=named_after(f"{name}-layer", foundation.tables.orders.name),
            code=pulumi.FileArchive(str(folders.layer)),
            compatible_runtimes=[f"python{settings.python_version}"],
            compatible_architectures=[settings.architecture.value],
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.folder = folders.code
        self.layer_arn = layer.arn
        self.register_outputs({"layer": self.layer_arn})


@dataclass(frozen=True, kw_only=True)
class FunctionArgs:
    """What the function runs, and what it may do besides writing its log.

    Attributes:
        module: the module of `lambda_fn` whose `handler` is called.
        start_after: what its first invocation must find.
    """

    settings: Settings
    code: FunctionCode
    module: str
    environment: Environment
    statements: Sequence[Statement]
    timeout_seconds: int = QUICK_SECONDS
    start_after: Sequence[pulumi.Resource] = ()


class Function(pulumi.ComponentResource):
    """A function with a role and a log group of its own.

    With `lambdaSnapStart` whoever invokes it does so through an alias: there is no snapshot of what
    is unpublished.

    Attributes:
        function_name: its name; with `qualifier` it says what is invoked.
        invoked_arn: the ARN of what is invoked, the alias if there is one.
        invoke_arn: the same as API Gateway wants it.
    """

    function_name: pulumi.Output[str]
    qualifier: pulumi.Output[str] | None
    invoked_arn: pulumi.Output[str]
    invoke_arn: pulumi.Output[str]

    def __init__(
        self, name: str, args: FunctionArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("flashsale:compute:Function", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        log_group = aws.cloudwatch.LogGroup(
            f"{name}-logs", retention_in_days=args.settings.log_retention_days, opts=self._child
        )
        function = self._create_function(log_group, self._create_role(log_group))
        alias = self._alias(function) if args.settings.lambda_snap_start else None
        self.function_name = function.name
        self.qualifier = alias.name if alias else None
        self.invoked_arn = alias.arn if alias else function.arn
        self.invoke_arn = alias.invoke_arn if alias else function.invoke_arn
        self.register_outputs({"function": self.function_name})

    def _create_role(self, log_group: aws.cloudwatch.LogGroup) -> ServiceRole:
        statements = [*self._args.statements, permissions.writing_logs(log_group)]
        return ServiceRole(
            self._name,
            ServiceRoleArgs(service="lambda.amazonaws.com", statements=statements),
            opts=self._child,
        )

    def _create_function(
        self, log_group: aws.cloudwatch.LogGroup, role: ServiceRole
    ) -> aws.lambda_.Function:
        settings, code = self._args.settings, self._args.code
        return aws.lambda_.Function(
            f"{self._name}-function",
            runtime=f"python{settings.python_version}",
            architectures=[settings.architecture.value],
            handler=f"lambda_fn.{self._args.module}.handler",
            code=pulumi.FileArchive(str(code.folder)),
            layers=[code.layer_arn],
            role=role.arn,
            memory_size=settings.lambda_memory_mb,
            timeout=self._args.timeout_seconds,
            publish=settings.lambda_snap_start,
            snap_start=SNAPSHOT if settings.lambda_snap_start else None,
            environment=aws.lambda_.FunctionEnvironmentArgs(variables=self._args.environment),
            logging_config=aws.lambda_.FunctionLoggingConfigArgs(
                # The code writes JSON lines itself: as "JSON" Lambda would wrap them once more.
                log_format="Text",
                log_group=log_group.name,
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[role, *self._args.start_after]),
        )

    def _alias(self, function: aws.lambda_.Function) -> aws.lambda_.Alias:
        """Name the newest published version."""
        return aws.lambda_.Alias(
            f"{self._name}-live",
            name="live",
            function_name=function.name,
            function_version=function.version,
            opts=self._child,
        )


def admit_caller(
    name: str,
    function: Function,
    *,
    service: str,
    source_arn: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> aws.lambda_.Permission:
    """Let a service invoke the function, for one source and nobody else of it."""
    return aws.lambda_.Permission(
        name,
        action="lambda:InvokeFunction",
        function=function.function_name,
        qualifier=function.qualifier,
        principal=service,
        source_arn=source_arn,
        opts=opts,
    )
