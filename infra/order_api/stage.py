"""The stage: what is deployed of the API, how much it takes, and its access log."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.settings import Settings

STAGE_NAME = "v1"
# https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
ACCESS_LOG = {
    "requestId": "$context.requestId",
    "time": "$context.requestTime",
    "method": "$context.httpMethod",
    "path": "$context.resourcePath",
    "status": "$context.status",
    "error": "$context.error.responseType",
    "latency_ms": "$context.responseLatency",
    "integration_ms": "$context.integrationLatency",
    "bytes": "$context.responseLength",
    "key_id": "$context.identity.apiKeyId",
    "source_ip": "$context.identity.sourceIp",
    "user_agent": "$context.identity.userAgent",
}
LOGS_POLICY = "arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"


@dataclass(frozen=True, kw_only=True)
class ApiStageArgs:
    """What is deployed, and under which settings.

    Attributes:
        declared: everything that a deployment holds.
        inputs: what it says: a change of it is deployed.
    """

    settings: Settings
    api: aws.apigateway.RestApi
    declared: Sequence[pulumi.Resource]
    inputs: Sequence[pulumi.Input[str]]


class ApiStage(pulumi.ComponentResource):
    """The API's only stage, open to what the stage's own limits let through."""

    name: pulumi.Output[str]
    url: pulumi.Output[str]

    def __init__(
        self, name: str, args: ApiStageArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("flashsale:api:ApiStage", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        log_group = aws.cloudwatch.LogGroup(
            f"{name}-access-logs",
            retention_in_days=args.settings.log_retention_days,
            opts=self._child,
        )
        stage = self._create_stage(self._deploy(), log_group)
        self._limit(stage)
        self.name = stage.stage_name
        self.url = stage.invoke_url
        self.register_outputs({"url": self.url})

    def _deploy(self) -> aws.apigateway.Deployment:
        return aws.apigateway.Deployment(
            f"{self._name}-deployment",
            rest_api=self._args.api.id,
            # A deployment is a snapshot: nothing of a change is served until there is a new one.
            triggers={"declared": pulumi.Output.all(*self._args.inputs).apply(_digest)},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[*self._args.declared]),
        )

    def _create_stage(
        self, deployment: aws.apigateway.Deployment, log_group: aws.cloudwatch.LogGroup
    ) -> aws.apigateway.Stage:
        return aws.apigateway.Stage(
            f"{self._name}-stage",
            rest_api=self._args.api.id,
            deployment=deployment.id,
            stage_name=STAGE_NAME,
            access_log_settings=aws.apigateway.StageAccessLogSettingsArgs(
                destination_arn=log_group.arn, format=json.dumps(ACCESS_LOG)
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self._let_gateway_log()]),
        )

    def _let_gateway_log(self) -> aws.apigateway.Account:
        """Give the gateway of this account and region a role by which it writes logs.

        A setting of the account, without which no stage can have an access log. It stays when the
        stack goes: other APIs of the account may have come to log by it.
        https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html#set-up-access-logging-permissions
        """
        kept = pulumi.ResourceOptions(parent=self, retain_on_delete=True)
        trust = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "AssumedByService",
                    "Effect": "Allow",
                    "Action": "sts:AssumeRole",
                    "Principal": {"Service": "apigateway.amazonaws.com"},
                }
            ],
        }
        role = aws.iam.Role(
            f"{self._name}-logging-role", assume_role_policy=json.dumps(trust), opts=kept
        )
        attached = aws.iam.RolePolicyAttachment(
            f"{self._name}-logging-policy", role=role.name, policy_arn=LOGS_POLICY, opts=kept
        )
        return aws.apigateway.Account(
            f"{self._name}-account",
            cloudwatch_role_arn=role.arn,
            opts=pulumi.ResourceOptions(parent=self, retain_on_delete=True, depends_on=[attached]),
        )

    def _limit(self, stage: aws.apigateway.Stage) -> None:
        """Bound what all keys together send, before it counts against the account's own quota."""
        settings = self._args.settings
        aws.apigateway.MethodSettings(
            f"{self._name}-limits",
            rest_api=self._args.api.id,
            stage_name=stage.stage_name,
            method_path="*/*",
            settings=aws.apigateway.MethodSettingsSettingsArgs(
                throttling_rate_limit=settings.api_rate_per_second,
                throttling_burst_limit=settings.api_burst,
                metrics_enabled=True,
            ),
            opts=self._child,
        )


def _digest(inputs: Sequence[str]) -> str:
    return hashlib.sha256(json.dumps(inputs).encode()).hexdigest()
