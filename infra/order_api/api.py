"""The REST API: one front of two functions, made of resources of its own.

Separate resources and no OpenAPI `body`: a plan then shows which route changes, and how.
"""

from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_aws as aws

from infra.function import Function
from infra.order_api.access import ApiAccess, ApiAccessArgs
from infra.order_api.gateway_responses import REFUSALS, declare_gateway_responses
from infra.order_api.routes import Route, Routes, RoutesArgs
from infra.order_api.stage import ApiStage, ApiStageArgs
from infra.settings import Settings

# TLS 1.2 or 1.3 with forward secrecy and post-quantum key exchange; only by the API's own name:
# https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-security-policies-list.html
SECURITY_POLICY = "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09"
ENDPOINT_ACCESS = "STRICT"
# Written by `scripts/api_model.py` from the type that the function validates with.
ORDER_MODEL = Path(__file__).with_name("order_request.json")


@dataclass(frozen=True, kw_only=True)
class OrderApiArgs:
    """The functions behind the routes."""

    settings: Settings
    create_order: Function
    read_orders: Function


class OrderApi(pulumi.ComponentResource):
    """The API, deployed, with its key.

    Attributes:
        url: where it is, its stage included.
        key: what its callers send as `x-api-key`.
    """

    url: pulumi.Output[str]
    key: pulumi.Output[str]

    def __init__(
        self, name: str, args: OrderApiArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("flashsale:api:OrderApi", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        settings = args.settings
        origin = settings.cors_origins or None
        api = self._create_api()
        routes = Routes(
            name,
            RoutesArgs(api=api, routes=self._routes(self._create_model(api)), origin=origin),
            opts=self._child,
        )
        answers = declare_gateway_responses(name, api, origin, self._child)
        stage = ApiStage(
            name,
            ApiStageArgs(
                settings=settings,
                api=api,
                declared=[*routes.declared, *answers],
                inputs=[
                    *routes.inputs,
                    ORDER_MODEL.read_text(encoding="utf-8"),
                    *(refusal.template() for refusal in REFUSALS),
                ],
            ),
            opts=self._child,
        )
        access = ApiAccess(
            name, ApiAccessArgs(settings=settings, api=api, stage=stage), opts=self._child
        )
        self.url, self.key = stage.url, access.key
        self.register_outputs({"url": self.url})

    def _create_api(self) -> aws.apigateway.RestApi:
        return aws.apigateway.RestApi(
            f"{self._name}-api",
            description="Orders of the flash sale",
            endpoint_configuration=aws.apigateway.RestApiEndpointConfigurationArgs(
                types="REGIONAL"
            ),
            security_policy=SECURITY_POLICY,
            endpoint_access_mode=ENDPOINT_ACCESS,
            opts=self._child,
        )

    def _create_model(self, api: aws.apigateway.RestApi) -> aws.apigateway.Model:
        return aws.apigateway.Model(
            f"{self._name}-order-request",
            rest_api=api.id,
            name="OrderRequest",
            content_type="application/json",
            schema=ORDER_MODEL.read_text(encoding="utf-8"),
            opts=self._child,
        )

    def _routes(self, model: aws.apigateway.Model) -> list[Route]:
        create, read = self._args.create_order, self._args.read_orders
        return [
            Route("POST", "/orders", create, model),
            Route("GET", "/orders", read),
            Route("GET", "/orders/{order_id}", read),
            Route("GET", "/products", read),
            Route("GET", "/products/search", read),
            Route("GET", "/products/{product_id}", read),
        ]
