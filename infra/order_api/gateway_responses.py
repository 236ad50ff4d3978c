"""What the gateway answers by itself, as the problem documents that the functions answer with.

The templates are no VTL: variables are put in, no more.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gatewayResponse-definition.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

import pulumi
import pulumi_aws as aws

# What lambda_fn answers with, see api/problems.py; the two are held together by a test.
CONTENT_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:flash-sale:problem:"


@dataclass(frozen=True)
class Refusal:
    """One of the gateway's own answers: its type, its status, and the kind of its problem."""

    type: str
    status: HTTPStatus
    kind: str
    detail: str
    retry_after_seconds: int | None = None

    def template(self) -> str:
        """Return the document."""
        return json.dumps(
            {
                "type": TYPE_PREFIX + self.kind,
                "title": self.status.phrase,
                "status": self.status.value,
                "detail": self.detail,
            }
        )


TRY_AGAIN_SECONDS = 2
REFUSALS = (
    Refusal(
        "BAD_REQUEST_BODY",
        HTTPStatus.BAD_REQUEST,
        "invalid-request",
        "the body is no order: a field is missing, unknown or breaks a rule",
    ),
    Refusal(
        "MISSING_AUTHENTICATION_TOKEN",
        HTTPStatus.NOT_FOUND,
        "not-found",
        "there is no such method of this path",
    ),
    Refusal("RESOURCE_NOT_FOUND", HTTPStatus.NOT_FOUND, "not-found", "there is no such path"),
    Refusal(
        "INVALID_API_KEY",
        HTTPStatus.FORBIDDEN,
        "forbidden",
        "x-api-key must be a key of this shop",
    ),
    Refusal("ACCESS_DENIED", HTTPStatus.FORBIDDEN, "forbidden", "this is not allowed"),
    Refusal(
        "REQUEST_TOO_LARGE",
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "invalid-request",
        "the body is larger than the gateway takes",
    ),
    Refusal(
        "UNSUPPORTED_MEDIA_TYPE",
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "invalid-request",
        "Content-Type must be application/json",
    ),
    Refusal(
        "THROTTLED",
        HTTPStatus.TOO_MANY_REQUESTS,
        "overloaded",
        "more requests a second than this key may send",
        retry_after_seconds=1,
    ),
    Refusal(
        "QUOTA_EXCEEDED",
        HTTPStatus.TOO_MANY_REQUESTS,
        "quota-exceeded",
        "more requests than this key may send a day",
    ),
    Refusal(
        "INTEGRATION_TIMEOUT",
        HTTPStatus.GATEWAY_TIMEOUT,
        "dependency-unavailable",
        "what became of the request is not known: repeat it with the same order_id or key",
        retry_after_seconds=TRY_AGAIN_SECONDS,
    ),
    Refusal(
        "INTEGRATION_FAILURE",
        HTTPStatus.BAD_GATEWAY,
        "dependency-unavailable",
        "what became of the request is not known: repeat it with the same order_id or key",
        retry_after_seconds=TRY_AGAIN_SECONDS,
    ),
)


def declare_gateway_responses(
    name: str,
    api: aws.apigateway.RestApi,
    origin: str | None,
    opts: pulumi.ResourceOptions,
) -> Sequence[pulumi.Resource]:
    """Declare every answer of the gateway's own; `origin` is whose scripts may read them."""
    cors = {} if origin is None else {"Access-Control-Allow-Origin": origin}
    answers: list[pulumi.Resource] = []
    for refusal in REFUSALS:
        headers = {"Content-Type": CONTENT_TYPE, **cors}
        if refusal.retry_after_seconds is not None:
            headers["Retry-After"] = str(refusal.retry_after_seconds)
        answers.append(
            aws.apigateway.Response(
                f"{name}-{refusal.type.lower().replace('_', '-')}",
                rest_api_id=api.id,
                response_type=refusal.type,
                status_code=str(refusal.status.value),
                response_templates={"application/json": refusal.template()},
                response_parameters=_quoted(headers),
                opts=opts,
            )
        )
    # The rest keep AWS's words, and may be read by scripts as well.
    answers += [
        aws.apigateway.Response(
            f"{name}-{kind.lower().replace('_', '-')}",
            rest_api_id=api.id,
            response_type=kind,
            response_templates={
                "application/json": json.dumps(
                    {"type": f"{TYPE_PREFIX}{problem}", "title": title, "detail": title}
                )
            },
            response_parameters=_quoted({"Content-Type": CONTENT_TYPE, **cors}),
            opts=opts,
        )
        for kind, problem, title in (
            ("DEFAULT_4XX", "refused", "The gateway refused the request"),
            ("DEFAULT_5XX", "internal", "The gateway failed on the request"),
        )
    ]
    return answers


def _quoted(headers: dict[str, str]) -> dict[str, str]:
    """Return headers as static values of a mapping."""
    return {f"gatewayresponse.header.{name}": f"'{value}'" for name, value in headers.items()}
