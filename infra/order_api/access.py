"""The API key of the shop's front end, and the usage plan that it is in."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.order_api.stage import ApiStage
from infra.settings import Settings


@dataclass(frozen=True, kw_only=True)
class ApiAccessArgs:
    """Which stage the key opens, and how much of it."""

    settings: Settings
    api: aws.apigateway.RestApi
    stage: ApiStage


class ApiAccess(pulumi.ComponentResource):
    """One key in one plan; who gets a key of his own gets it by hand, in the same plan.

    Attributes:
        key: the key itself, a secret.
    """

    key: pulumi.Output[str]

    def __init__(
        self, name: str, args: ApiAccessArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("flashsale:api:ApiAccess", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        settings = args.settings
        quota = settings.api_quota_per_day
        plan = aws.apigateway.UsagePlan(
            f"{name}-plan",
            api_stages=[
                aws.apigateway.UsagePlanApiStageArgs(api_id=args.api.id, stage=args.stage.name)
            ],
            throttle_settings=aws.apigateway.UsagePlanThrottleSettingsArgs(
                rate_limit=settings.api_rate_per_second, burst_limit=settings.api_burst
            ),
            quota_settings=aws.apigateway.UsagePlanQuotaSettingsArgs(limit=quota, period="DAY")
            if quota
            else None,
            opts=child,
        )
        key = aws.apigateway.ApiKey(f"{name}-key", opts=child)
        aws.apigateway.UsagePlanKey(
            f"{name}-plan-key",
            usage_plan_id=plan.id,
            key_id=key.id,
            key_type="API_KEY",
            opts=child,
        )
        self.key = pulumi.Output.secret(key.value)
        self.register_outputs({"plan": plan.id})
