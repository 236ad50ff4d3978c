"""The Lambda function that fulfils orders straight from the topic."""

from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_aws as aws

from infra import permissions
from infra.environment import function_environment
from infra.foundation import named_after
from infra.iam import ServiceRole, ServiceRoleArgs
from infra.messaging import admit_topic, create_queue, redrive_to
from infra.settings import Settings
from infra.tables import Tables

HANDLER = "lambda_fn.order_events.handler"
RETRIES = 2
OLDEST_EVENT_SECONDS = 6 * 3600
# https://docs.aws.amazon.com/lambda/latest/dg/snapstart-activate.html
SNAPSHOT = aws.lambda_.FunctionSnapStartArgs(apply_on="PublishedVersions")


@dataclass(frozen=True, kw_only=True)
class OrderFunctionArgs:
    """What the function works on, the topic that invokes it, and the folders of code and layer."""

    settings: Settings
    tables: Tables
    topic_arn: pulumi.Input[str]
    code_dir: Path
    layer_dir: Path


class OrderFunction(pulumi.ComponentResource):
    """The function, subscribed to the topic, with a dead-letter queue on either side.

    One holds events that the function failed on, the other what SNS could not deliver.
    """

    failure_queue: aws.sqs.Queue

    def __init__(
        self, name: str, args: OrderFunctionArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("flashsale:compute:OrderFunction", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        self._log_group = aws.cloudwatch.LogGroup(
            f"{name}-logs", retention_in_days=args.settings.log_retention_days, opts=self._child
        )
        self.failure_queue = create_queue(f"{name}-failures", opts=self._child)
        self._role = self._create_role()
        function = self._create_function(self._create_layer())
        alias = self._alias(function) if args.settings.lambda_snap_start else None
        retries = self._keep_failures(function, alias)
        self._subscribe(function, alias, retries)
        self.register_outputs({"function": function.name, "dlq_url": self.failure_queue.url})

    def _create_role(self) -> ServiceRole:
        statements = [
            *permissions.fulfilment(self._args.tables),
            permissions.reporting_failures(self.failure_queue.arn),
            permissions.writing_logs(self._log_group),
        ]
        return ServiceRole(
            self._name,
            ServiceRoleArgs(service="lambda.amazonaws.com", statements=statements),
            opts=self._child,
        )

    def _create_layer(self) -> aws.lambda_.LayerVersion:
        settings = self._args.settings
        return aws.lambda_.LayerVersion(
            f"{self._name}-layer",
            # The provider makes no name here: Lambda takes a layer's as it is told.
            layer_name=named_after(f"{self._name}-layer", self._log_group.name),
            code=pulumi.FileArchive(str(self._args.layer_dir)),
            compatible_runtimes=[f"python{settings.python_version}"],
            compatible_architectures=[settings.architecture.value],
            opts=self._child,
        )

    def _create_function(self, layer: aws.lambda_.LayerVersion) -> aws.lambda_.Function:
        settings = self._args.settings
        return aws.lambda_.Function(
            f"{self._name}-function",
            runtime=f"python{settings.python_version}",
            architectures=[settings.architecture.value],
            handler=HANDLER,
            code=pulumi.FileArchive(str(self._args.code_dir)),
            layers=[layer.arn],
            role=self._role.arn,
            memory_size=settings.lambda_memory_mb,
            timeout=settings.lambda_timeout_seconds,
            publish=settings.lambda_snap_start,
            snap_start=SNAPSHOT if settings.lambda_snap_start else None,
            environment=aws.lambda_.FunctionEnvironmentArgs(
                variables=function_environment(settings, self._args.tables)
            ),
            logging_config=aws.lambda_.FunctionLoggingConfigArgs(
                # The code writes JSON lines itself: as "JSON" Lambda would wrap them once more.
                log_format="Text",
                log_group=self._log_group.name,
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self._role, self._args.tables]),
        )

    def _alias(self, function: aws.lambda_.Function) -> aws.lambda_.Alias:
        """Name the newest published version: SnapStart has no snapshot of what is unpublished."""
        return aws.lambda_.Alias(
            f"{self._name}-live",
            name="live",
            function_name=function.name,
            function_version=function.version,
            opts=self._child,
        )

    def _keep_failures(
        self, function: aws.lambda_.Function, alias: aws.lambda_.Alias | None
    ) -> aws.lambda_.FunctionEventInvokeConfig:
        # A destination, not a dead_letter_config: its record also holds the error and the number
        # of tries, and the retries are set in the same place, see
        # https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
        return aws.lambda_.FunctionEventInvokeConfig(
            f"{self._name}-retries",
            function_name=function.name,
            qualifier=alias.name if alias else None,
            maximum_retry_attempts=RETRIES,
            maximum_event_age_in_seconds=OLDEST_EVENT_SECONDS,
            destination_config=aws.lambda_.FunctionEventInvokeConfigDestinationConfigArgs(
                on_failure=aws.lambda_.FunctionEventInvokeConfigDestinationConfigOnFailureArgs(
                    destination=self.failure_queue.arn
                )
            ),
            opts=self._child,
        )

    def _subscribe(
        self,
        function: aws.lambda_.Function,
        alias: aws.lambda_.Alias | None,
        retries: aws.lambda_.FunctionEventInvokeConfig,
    ) -> None:
        undeliverable = create_queue(f"{self._name}-undeliverable", opts=self._child)
        admitted = admit_topic(
            f"{self._name}-undeliverable-policy",
            undeliverable,
            self._args.topic_arn,
            opts=self._child,
        )
        permission = aws.lambda_.Permission(
            f"{self._name}-permission",
            action="lambda:InvokeFunction",
            function=function.name,
            qualifier=alias.name if alias else None,
            principal="sns.amazonaws.com",
            source_arn=self._args.topic_arn,
            opts=self._child,
        )
        aws.sns.TopicSubscription(
            f"{self._name}-subscription",
            topic=self._args.topic_arn,
            protocol="lambda",
            endpoint=alias.arn if alias else function.arn,
            redrive_policy=redrive_to(undeliverable),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[admitted, permission, retries]),
        )
