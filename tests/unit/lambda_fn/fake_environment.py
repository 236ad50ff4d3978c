"""A shop on the fake AWS, and functions whose environments reach it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest

import lambda_fn.environment
from adapters.aws.fast.client import FastClient
from adapters.aws.fast.dynamodb import POLICY
from tests.support.fake_aws.wire import Fault, Wire
from tests.support.fake_shop import FakeShop


@contextmanager
def reached(shop: FakeShop) -> Iterator[Wire]:
    """Let every environment that is made in the block reach this shop; return what lies between."""
    wire = Wire()
    client = partial(FastClient, connect=shop.aws.connector(wire))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lambda_fn.environment, "FastClient", client)
        yield wire


def fail_every_try(wire: Wire, fault: Fault) -> None:
    """Let the next call go wrong, and each of the client's own retries."""
    for attempt in range(POLICY.attempts):
        wire.fail_next(fault, after=attempt)


def http_event(
    resource: str,
    body: str | None = None,
    *,
    headers: dict[str, str] | None = None,
    path: str | None = None,
    query: dict[str, list[str]] | None = None,
    parameters: dict[str, str] | None = None,
) -> dict[str, Any]:
    """A request as the gateway's proxy integration hands it over, in stage `v1`.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-input-format
    """
    sent = {"Content-Type": "application/json", **(headers or {})}
    return {
        "resource": resource,
        "path": path or resource,
        "httpMethod": "GET" if body is None else "POST",
        "headers": sent,
        "multiValueHeaders": {name: [value] for name, value in sent.items()},
        "multiValueQueryStringParameters": query,
        "pathParameters": parameters,
        "requestContext": {"path": f"/v1{path or resource}", "requestId": "gateway-1"},
        "body": body,
        "isBase64Encoded": False,
    }
