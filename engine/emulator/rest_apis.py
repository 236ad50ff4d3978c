"""REST APIs in the emulator, as strict as API Gateway: who invokes, how long, what is answered.

https://docs.aws.amazon.com/apigateway/latest/developerguide/handle-errors-in-lambda-integration.html
"""
# ruff: noqa: SLF001 - the emulator has no public way in

import asyncio
from typing import Any

from ministack.core.responses import get_region  # type: ignore[import-not-found]
from ministack.services import apigateway_v1, lambda_svc  # type: ignore[import-not-found]

from engine.emulator.grants import admits

SERVICE = "apigateway.amazonaws.com"
LONGEST_MS = 29_000
BAD_GATEWAY = 502
BROKEN = "Internal server error"


class StrictRestApis:
    """Replaces how the emulator's REST APIs invoke a function and read its answer."""

    def __init__(self) -> None:
        self._call = apigateway_v1._call_lambda_raw
        self._invoke = apigateway_v1._invoke_lambda_proxy_v1
        self._respond = apigateway_v1._gateway_error_response

    def install(self) -> None:
        """Put these in the place of the emulator's functions."""
        apigateway_v1._call_lambda_raw = self.call
        apigateway_v1._lambda_proxy_response = answer_of
        apigateway_v1._invoke_lambda_proxy_v1 = self.invoke
        apigateway_v1._gateway_error_response = self.respond

    async def call(self, reference: str, event: dict[str, Any], **scope: Any) -> Any:
        """Invoke the function if its policy admits this route; an error if not, as without one."""
        function, _, _ = lambda_svc._get_func_record_for_ref_in_scope(reference, **scope)
        if function is not None and not admits(function, SERVICE, source_of(event), reference):
            return None, BROKEN
        return await self._call(reference, event, **scope)

    async def invoke(self, integration: dict[str, Any], *arguments: Any, **options: Any) -> Any:
        """Answer as the function does, in time; it runs on where the gateway has given up."""
        seconds = int(integration.get("timeoutInMillis") or LONGEST_MS) / 1000
        try:
            invoked = self._invoke(integration, *arguments, **options)
            answer = await asyncio.wait_for(invoked, seconds)
        except TimeoutError:
            return apigateway_v1._gw_error("INTEGRATION_TIMEOUT", "Endpoint request timed out")
        if isinstance(answer, tuple) and answer[2] == BROKEN_BODY:
            return apigateway_v1._gw_error("DEFAULT_5XX", BROKEN)
        return answer

    def respond(self, error: Any, request: dict[str, Any]) -> Any:
        """Answer an error of the gateway's own; a function's broken answer is a 502."""
        status, headers, body = self._respond(error, request)
        return BAD_GATEWAY if error.response_type == "DEFAULT_5XX" else status, headers, body


BROKEN_BODY = b'{"message": "Internal server error"}'


def answer_of(result: dict[str, Any]) -> tuple[dict[str, Any] | None, str | None]:
    """Return a function's answer, or that it is none: what it was stays with the function."""
    body = result.get("body")
    if result.get("error") or result.get("throttle") or not isinstance(body, dict):
        return None, BROKEN
    status, text = body.get("statusCode"), body.get("body")
    whole = isinstance(status, int) or (isinstance(status, str) and status.isdigit())
    if not whole or not isinstance(text, str | None):
        return None, BROKEN
    return {**body, "statusCode": int(status or 0), "body": text or ""}, None


def source_of(event: dict[str, Any]) -> str:
    """Return the ARN of the route that a request came by."""
    context = event["requestContext"]
    route = f"{context['apiId']}/{context['stage']}/{event['httpMethod']}{event['path']}"
    return f"arn:aws:execute-api:{get_region()}:{context['accountId']}:{route}"
