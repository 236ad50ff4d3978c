"""The Pulumi engine's place: resources are made by their makers, provider functions answered."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from pulumi.runtime import MockCallArgs, MockResourceArgs, Mocks

from engine.makers import MAKERS
from engine.makers.context import Context, Made, Maker, Resource
from engine.runtime.processes import EngineError
from terminal.errors import UserError

_PROVIDERS = "pulumi:providers:"
_NO_REGISTRY = "no-registry-here"
Invoke = Callable[[Context], Mapping[str, Any]]


class Engine(Mocks):
    """Makes every resource real, or raises; the first error is kept, however Pulumi wraps it."""

    def __init__(self, context: Context, makers: Mapping[str, Maker] = MAKERS) -> None:
        self.context = context
        self.first_error: UserError | None = None
        self._makers = makers
        self._lock = threading.Lock()

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        """Make one resource; called on worker threads as soon as its inputs are known."""
        if not args.custom:  # a component: nothing but a parent of resources
            return "", args.inputs
        if args.typ.startswith(_PROVIDERS):
            return f"{args.name}-id", args.inputs
        resource = Resource(args.typ, args.name, _whole_numbers(args.inputs))
        try:
            made = self._make(resource)
        except (BotoCoreError, ClientError, UserError, KeyError, OSError, ValueError) as error:
            raise self._failed(f"{args.typ} {args.name!r}", error) from error
        return made.id, {**resource.inputs, **made.outputs}

    def call(self, args: MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        """Answer a provider function such as `aws.get_caller_identity`."""
        invoke = INVOKES.get(args.token)
        if invoke is None:
            raise self._failed(args.token, EngineError("the engine does not know this function"))
        return dict(invoke(self.context)), []

    def _make(self, resource: Resource) -> Made:
        maker = self._makers.get(resource.type)
        if maker is None:
            raise EngineError("the engine does not know this resource type; add a maker for it")
        return maker(self.context, resource)

    def _failed(self, what: str, error: Exception) -> UserError:
        text = f"input {error} is missing" if isinstance(error, KeyError) else str(error)
        failure = EngineError(f"{what}: {' '.join(text.split())}")
        with self._lock:
            self.first_error = self.first_error or failure
        return failure


def _whole_numbers(value: Any) -> Any:
    """Pulumi's wire format knows floats only; AWS APIs want integers."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: _whole_numbers(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_whole_numbers(one) for one in value]
    return value


def _caller_identity(context: Context) -> Mapping[str, Any]:
    account = context.account_id
    return {
        "id": account,
        "accountId": account,
        "arn": f"arn:aws:iam::{account}:root",
        "userId": account,
    }


def _availability_zones(context: Context) -> Mapping[str, Any]:
    names = [f"{context.region}{letter}" for letter in "abc"]
    return {
        "id": context.region,
        "names": names,
        "zoneIds": [f"{context.region}-az{n}" for n in (1, 2, 3)],
    }


def _authorization_token(context: Context) -> Mapping[str, Any]:
    registry = f"https://{context.account_id}.dkr.ecr.{context.region}.amazonaws.com"
    token = base64.b64encode(f"AWS:{_NO_REGISTRY}".encode()).decode()
    return {
        "id": context.region,
        "authorizationToken": token,
        "expiresAt": "2100-01-01T00:00:00Z",
        "password": _NO_REGISTRY,
        "proxyEndpoint": registry,
        "userName": "AWS",
    }


INVOKES: Mapping[str, Invoke] = {
    "aws:index/getAvailabilityZones:getAvailabilityZones": _availability_zones,
    "aws:index/getCallerIdentity:getCallerIdentity": _caller_identity,
    "aws:ecr/getAuthorizationToken:getAuthorizationToken": _authorization_token,
}
