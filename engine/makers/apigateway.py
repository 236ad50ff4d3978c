"""REST APIs of API Gateway: real on the emulator, all but names, accounts and what is logged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.makers.context import (
    Context,
    Made,
    Maker,
    Resource,
    given,
    physical_name,
    tags_by_name,
)


def _rest_api(context: Context, resource: Resource) -> Made:
    inputs = resource.inputs
    name = physical_name(resource.name, inputs)
    client = context.clients.apigateway
    made = client.create_rest_api(
        name=name,
        tags=tags_by_name(resource),
        **given(
            inputs,
            ("description", "binaryMediaTypes", "minimumCompressionSize", "apiKeySource"),
        ),
    )
    identity = made["id"]
    (root,) = client.get_resources(restApiId=identity)["items"]
    context.rest_apis[identity] = name
    return Made(
        identity,
        {
            "arn": f"arn:aws:apigateway:{context.region}::/restapis/{identity}",
            "executionArn": context.arn("execute-api", identity),
            "name": name,
            "rootResourceId": root["id"],
        },
    )


def _resource(context: Context, resource: Resource) -> Made:
    inputs = resource.inputs
    made = context.clients.apigateway.create_resource(
        restApiId=inputs["restApi"], parentId=inputs["parentId"], pathPart=inputs["pathPart"]
    )
    return Made(made["id"], {"path": made["path"]})


def _method(context: Context, resource: Resource) -> Made:
    inputs = resource.inputs
    context.clients.apigateway.put_method(
        **_of_method(inputs),
        authorizationType=inputs["authorization"],
        apiKeyRequired=bool(inputs.get("apiKeyRequired")),
        **given(
            inputs,
            ("authorizerId", "operationName", "requestModels", "requestParameters"),
            requestValidatorId="requestValidatorId",
        ),
    )
    return Made(_identity("agm", inputs), {})


def _integration(context: Context, resource: Resource) -> Made:
    inputs = resource.inputs
    context.clients.apigateway.put_integration(
        **_of_method(inputs),
        type=inputs["type"],
        **given(
            inputs,
            (
                "uri",
                "credentials",
                "passthroughBehavior",
                "requestParameters",
                "requestTemplates",
            ),
            integrationHttpMethod="integrationHttpMethod",
            timeoutMilliseconds="timeoutInMillis",
        ),
    )
    return Made(_identity("agi", inputs), {})


def _method_response(context: Context, resource: Resource) -> Made:
    inputs = resource.inputs
    context.clients.apigateway.put_method_response(
        **_of_method(inputs),
        statusCode=inputs["statusCode"],
        **given(inputs, ("responseParameters", "responseModels")),
    )
    return Made(_identity("agmr", inputs), {})


def _integration_response(context: Context, resource: Resource) -> Made:
    inputs = resource.inputs
    context.clients.apigateway.put_integration_response(
        **_of_method(inputs),
        statusCode=inputs["statusCode"],
        **given(inputs, ("responseParameters", "responseTemplates", "selectionPattern")),
    )
    return Made(_identity("agir", inputs), {})


def _of_method(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "restApiId": inputs["restApi"],
        "resourceId": inputs["resourceId"],
        "httpMethod": inputs["httpMethod"],
    }


def _identity(kind: str, inputs: Mapping[str, Any]) -> str:
    return f"{kind}-{inputs['restApi']}-{inputs['resourceId']}-{inputs['httpMethod']}"


def _model(context: Context, resource: Resource) -> Made:
    inputs = resource.inputs
    made = context.clients.apigateway.create_model(
        restApiId=inputs["restApi"],
        name=inputs["name"],
        contentType=inputs["contentType"],
        schema=inputs["schema"],
    )
    return Made(made["id"], {"name": inputs["name"]})


def _validator(context: Context, resource: Resource) -> Made:
    inputs = resource.inputs
    made = context.clients.apigateway.create_request_validator(
        restApiId=inputs["restApi"],
        name=physical_name(resource.name, inputs),
        validateRequestBody=bool(inputs.get("validateRequestBody")),
        validateRequestParameters=bool(inputs.get("validateRequestParameters")),
    )
    return Made(made["id"], {"name": made["name"]})


def _gateway_response(context: Context, resource: Resource) -> Made:
    inputs = resource.inputs
    context.clients.apigateway.put_gateway_response(
        restApiId=inputs["restApiId"],
        responseType=inputs["responseType"],
        **given(inputs, ("statusCode", "responseParameters", "responseTemplates")),
    )
    return Made(f"aggr-{inputs['restApiId']}-{inputs['responseType']}", {})


def _deployment(context: Context, resource: Resource) -> Made:
    made = context.clients.apigateway.create_deployment(restApiId=resource.inputs["restApi"])
    return Made(made["id"], {"createdDate": made["createdDate"].isoformat()})


def _stage(context: Context, resource: Resource) -> Made:
    inputs = resource.inputs
    api, name = inputs["restApi"], inputs["stageName"]
    context.clients.apigateway.create_stage(
        restApiId=api,
        stageName=name,
        deploymentId=inputs["deployment"],
        variables=inputs.get("variables") or {},
        tags=tags_by_name(resource),
        tracingEnabled=bool(inputs.get("xrayTracingEnabled")),
    )
    host = f"{api}.execute-api.{context.region}.amazonaws.com"
    return Made(
        f"ags-{api}-{name}",
        {
            "arn": f"arn:aws:apigateway:{context.region}::/restapis/{api}/stages/{name}",
            "executionArn": context.arn("execute-api", f"{api}/{name}"),
            "invokeUrl": f"https://{host}/{name}",
        },
    )


_SETTINGS = {
    "throttlingRateLimit": "throttling/rateLimit",
    "throttlingBurstLimit": "throttling/burstLimit",
    "metricsEnabled": "metrics/enabled",
    "loggingLevel": "logging/loglevel",
    "dataTraceEnabled": "logging/dataTrace",
}


def _method_settings(context: Context, resource: Resource) -> Made:
    inputs = resource.inputs
    api, stage, path = inputs["restApi"], inputs["stageName"], inputs["methodPath"]
    operations = [
        {"op": "replace", "path": f"/{path}/{place}", "value": str(inputs["settings"][name])}
        for name, place in _SETTINGS.items()
        if inputs["settings"].get(name) is not None
    ]
    context.clients.apigateway.update_stage(
        restApiId=api, stageName=stage, patchOperations=operations
    )
    return Made(f"{api}-{stage}-{path}", {})


def _account(_context: Context, _resource: Resource) -> Made:
    """The account's role for logs: nothing is logged here."""
    return Made("api-gateway-account", {})


MAKERS: dict[str, Maker] = {
    "aws:apigateway/restApi:RestApi": _rest_api,
    "aws:apigateway/resource:Resource": _resource,
    "aws:apigateway/method:Method": _method,
    "aws:apigateway/integration:Integration": _integration,
    "aws:apigateway/methodResponse:MethodResponse": _method_response,
    "aws:apigateway/integrationResponse:IntegrationResponse": _integration_response,
    "aws:apigateway/model:Model": _model,
    "aws:apigateway/requestValidator:RequestValidator": _validator,
    "aws:apigateway/response:Response": _gateway_response,
    "aws:apigateway/deployment:Deployment": _deployment,
    "aws:apigateway/stage:Stage": _stage,
    "aws:apigateway/methodSettings:MethodSettings": _method_settings,
    "aws:apigateway/account:Account": _account,
}
