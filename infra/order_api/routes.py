"""The routes: a resource a path, a method a route, and what CORS asks before one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.function import Function, admit_caller
from infra.order_api.preflight import answer_preflight

# The gateway waits no longer by default, and then answers 504 while the function works on:
# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
LONGEST_ANSWER_MS = 29_000


@dataclass(frozen=True)
class Route:
    """One method of one path, and the function that answers it.

    Attributes:
        model: the model that a JSON body must match; None takes no body.
    """

    method: str
    path: str
    function: Function
    model: aws.apigateway.Model | None = None

    @property
    def label(self) -> str:
        """Return what its resources are called: `post-orders`, `get-orders-order-id`."""
        return f"{self.method.lower()}-{label_of(self.path)}"


def label_of(path: str) -> str:
    """Return a path as a part of a resource's name."""
    return path.strip("/").translate(str.maketrans("/_", "--", "{}")) or "root"


@dataclass(frozen=True, kw_only=True)
class RoutesArgs:
    """Which routes the API has; `origin` is whose scripts may call them, None for nobody's."""

    api: aws.apigateway.RestApi
    routes: Sequence[Route]
    origin: str | None


class Routes(pulumi.ComponentResource):
    """Resources, methods and integrations.

    Attributes:
        declared: all of them: a deployment holds what is there when it is made.
        inputs: what they say, for a deployment to be made anew when that changes.
    """

    declared: Sequence[pulumi.Resource]
    inputs: Sequence[pulumi.Input[str]]

    def __init__(
        self, name: str, args: RoutesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("flashsale:api:Routes", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        self._validator = aws.apigateway.RequestValidator(
            f"{name}-body-validator",
            rest_api=args.api.id,
            validate_request_body=True,
            opts=self._child,
        )
        self.declared, self.inputs = [], []
        resources = self._create_resources({route.path for route in args.routes})
        for route in args.routes:
            self._create_method(route, resources[route.path])
        if args.origin is not None:
            for path, resource in resources.items():
                methods = [route.method for route in args.routes if route.path == path]
                label = f"{name}-options-{label_of(path)}"
                answers = answer_preflight(
                    label, resource, methods=methods, origin=args.origin, opts=self._child
                )
                self._declare(answers, label, args.origin, *methods)
        self._admit_gateway()
        self.register_outputs({"paths": sorted(resources)})

    def _create_resources(self, paths: set[str]) -> Mapping[str, aws.apigateway.Resource]:
        """Create the tree that the paths make up; return the resource of each of them."""
        made: dict[str, aws.apigateway.Resource] = {}
        for path in sorted(paths):
            above, place = self._args.api.root_resource_id, ""
            for part in path.strip("/").split("/"):
                place = f"{place}/{part}"
                if place not in made:
                    made[place] = aws.apigateway.Resource(
                        f"{self._name}-{label_of(place)}",
                        rest_api=self._args.api.id,
                        parent_id=above,
                        path_part=part,
                        opts=self._child,
                    )
                above = made[place].id
        return {path: made[path] for path in sorted(paths)}

    def _create_method(self, route: Route, resource: aws.apigateway.Resource) -> None:
        api = self._args.api
        method = aws.apigateway.Method(
            f"{self._name}-{route.label}",
            rest_api=api.id,
            resource_id=resource.id,
            http_method=route.method,
            authorization="NONE",
            api_key_required=True,
            request_validator_id=self._validator.id if route.model else None,
            request_models={"application/json": route.model.name} if route.model else None,
            opts=self._child,
        )
        integration = aws.apigateway.Integration(
            f"{self._name}-{route.label}-integration",
            rest_api=api.id,
            resource_id=resource.id,
            http_method=method.http_method,
            type="AWS_PROXY",
            # A function is invoked by POST, whatever the client's method is.
            integration_http_method="POST",
            uri=route.function.invoke_arn,
            timeout_milliseconds=LONGEST_ANSWER_MS,
            opts=self._child,
        )
        self._declare([method, integration], route.label, route.function.invoke_arn)

    def _declare(self, resources: Sequence[pulumi.Resource], *inputs: pulumi.Input[str]) -> None:
        self.declared = [*self.declared, *resources]
        self.inputs = [*self.inputs, *inputs]

    def _admit_gateway(self) -> None:
        """Let this API's routes, and nobody else's, invoke the functions behind them."""
        for route in self._args.routes:
            admit_caller(
                f"{self._name}-{route.label}-permission",
                route.function,
                service="apigateway.amazonaws.com",
                # Any stage; the path as it was declared, a parameter as an asterisk:
                # https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-control-access-using-iam-policies-to-invoke-api.html
                source_arn=pulumi.Output.concat(
                    self._args.api.execution_arn, f"/*/{route.method}{_as_pattern(route.path)}"
                ),
                opts=self._child,
            )


def _as_pattern(path: str) -> str:
    return "/".join("*" if part.startswith("{") else part for part in path.split("/"))
