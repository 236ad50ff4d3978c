"""API keys and usage plans of API Gateway: real on the emulator, which enforces them."""

from __future__ import annotations

from typing import Any

from engine.makers.context import (
    Context,
    Made,
    Maker,
    Resource,
    given,
    physical_name,
    random_suffix,
    tags_by_name,
)


def _api_key(context: Context, resource: Resource) -> Made:
    inputs = resource.inputs
    name = physical_name(resource.name, inputs)
    enabled = inputs.get("enabled")
    made = context.clients.apigateway.create_api_key(
        name=name,
        enabled=True if enabled is None else bool(enabled),
        value=inputs.get("value") or random_suffix(40),
        tags=tags_by_name(resource),
    )
    return Made(made["id"], {"name": name, "value": made["value"]})


def _usage_plan(context: Context, resource: Resource) -> Made:
    inputs = resource.inputs
    name = physical_name(resource.name, inputs)
    request: dict[str, Any] = {
        "apiStages": [
            {"apiId": each["apiId"], "stage": each["stage"]} for each in inputs["apiStages"]
        ]
    }
    if inputs.get("throttleSettings"):
        request["throttle"] = given(inputs["throttleSettings"], ("rateLimit", "burstLimit"))
    if inputs.get("quotaSettings"):
        request["quota"] = given(inputs["quotaSettings"], ("limit", "offset", "period"))
    made = context.clients.apigateway.create_usage_plan(
        name=name, tags=tags_by_name(resource), **request
    )
    return Made(made["id"], {"name": name})


def _usage_plan_key(context: Context, resource: Resource) -> Made:
    inputs = resource.inputs
    made = context.clients.apigateway.create_usage_plan_key(
        usagePlanId=inputs["usagePlanId"], keyId=inputs["keyId"], keyType=inputs["keyType"]
    )
    return Made(made["id"], {})


MAKERS: dict[str, Maker] = {
    "aws:apigateway/apiKey:ApiKey": _api_key,
    "aws:apigateway/usagePlan:UsagePlan": _usage_plan,
    "aws:apigateway/usagePlanKey:UsagePlanKey": _usage_plan_key,
}
