"""What a browser asks before it sends a request: the gateway itself answers, without a key.

https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-cors.html
"""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

ALLOWED_HEADERS = "Content-Type, Idempotency-Key, X-Api-Key, X-Request-Id"
MAX_AGE_SECONDS = "600"
NO_CONTENT = "204"


def answer_preflight(
    name: str,
    resource: aws.apigateway.Resource,
    *,
    methods: Sequence[str],
    origin: str,
    opts: pulumi.ResourceOptions,
) -> Sequence[pulumi.Resource]:
    """Declare OPTIONS of a path that has these methods, for scripts of one origin or `*`."""
    headers = {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Methods": ", ".join(sorted({*methods, "OPTIONS"})),
        "Access-Control-Allow-Headers": ALLOWED_HEADERS,
        "Access-Control-Max-Age": MAX_AGE_SECONDS,
    }
    method = aws.apigateway.Method(
        name,
        rest_api=resource.rest_api,
        resource_id=resource.id,
        http_method="OPTIONS",
        authorization="NONE",
        opts=opts,
    )
    integration = aws.apigateway.Integration(
        f"{name}-integration",
        rest_api=resource.rest_api,
        resource_id=resource.id,
        http_method=method.http_method,
        type="MOCK",
        request_templates={"application/json": f'{{"statusCode": {NO_CONTENT}}}'},
        opts=opts,
    )
    response = aws.apigateway.MethodResponse(
        f"{name}-response",
        rest_api=resource.rest_api,
        resource_id=resource.id,
        http_method=method.http_method,
        status_code=NO_CONTENT,
        response_parameters={f"method.response.header.{each}": True for each in headers},
        opts=opts,
    )
    answer = aws.apigateway.IntegrationResponse(
        f"{name}-answer",
        rest_api=resource.rest_api,
        resource_id=resource.id,
        http_method=method.http_method,
        status_code=response.status_code,
        response_parameters={
            f"method.response.header.{each}": f"'{value}'" for each, value in headers.items()
        },
        opts=pulumi.ResourceOptions(parent=opts.parent, depends_on=[integration]),
    )
    return [method, integration, response, answer]
