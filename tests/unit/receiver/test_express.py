"""Placing an order goes past the router: it answers as the router would, whatever is sent.

An empty query sends the same request to the router.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from aiohttp.web_request import BaseRequest

from receiver.express import express_first
from receiver.server import drain
from tests.unit.receiver.fakes import Receiver, order_with, running_receiver
from tests.unit.receiver.wire import exchange

pytestmark = pytest.mark.socket

GOOD = json.dumps(order_with(order_id="a-1")).encode()
JSON = {"Content-Type": "application/json"}
REQUESTS = {
    "an order": (JSON, GOOD),
    "no JSON": (JSON, b"{"),
    "a field that is not there": (JSON, b'{"customer_id":1,"items":[],"colour":"red"}'),
    "another content type": ({"Content-Type": "text/plain"}, GOOD),
    "too large": (JSON, b" " * 70_000),
    "no body": ({}, b""),
    "its own request id": ({**JSON, "X-Request-Id": "mine"}, GOOD),
    "a key twice": ({**JSON, "Idempotency-Key": "a b"}, GOOD),
    "an origin": ({**JSON, "Origin": "https://shop.example"}, GOOD),
    "an expectation": ({**JSON, "Expect": "200-ok"}, GOOD),
}


def comparable(answer: bytes) -> tuple[bytes, dict[str, str], Any]:
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *lines = head.split(b"\r\n")
    headers = dict(line.decode().split(": ", 1) for line in lines)
    headers.pop("Date")
    document = json.loads(body)
    document.pop("created_at", None)
    if headers["X-Request-Id"] != "mine":
        headers.pop("X-Request-Id")
    return status, headers, document


async def asked(
    receiver: Receiver, target: str, headers: Mapping[str, str], body: bytes
) -> tuple[Any, ...]:
    length = {"Host": "x", "Content-Length": str(len(body)), "Connection": "close"}
    lines = "".join(f"{name}: {value}\r\n" for name, value in {**length, **headers}.items())
    sent = f"POST {target} HTTP/1.1\r\n{lines}\r\n".encode() + body
    return comparable(await exchange(receiver, sent))


async def both(
    receiver: Receiver, path: str, headers: Mapping[str, str], body: bytes
) -> tuple[Any, Any]:
    """Ask past the router, then the router."""
    lane = await asked(receiver, path, headers, body)
    return lane, await asked(receiver, f"{path}?", headers, body)


@pytest.mark.parametrize("path", ["/orders", "/orders/async"])
@pytest.mark.parametrize("name", REQUESTS)
async def test_the_answer_is_the_routers(receiver: Receiver, path: str, name: str) -> None:
    lane, router = await both(receiver, path, *REQUESTS[name])
    assert lane == router
    if name == "an order":
        assert lane[0] == b"HTTP/1.1 202 Accepted"


async def test_other_origins_learn_what_they_may_in_both() -> None:
    async with running_receiver(cors_origins=frozenset({"https://shop.example"})) as receiver:
        lane, router = await both(receiver, "/orders", *REQUESTS["an origin"])
    assert lane == router
    assert lane[1]["Access-Control-Allow-Origin"] == "https://shop.example"


async def test_a_draining_receiver_refuses_in_both(receiver: Receiver) -> None:
    await drain(receiver.app, receiver.settings)
    lane, router = await both(receiver, "/orders", *REQUESTS["an order"])
    assert lane == router
    assert lane[0].startswith(b"HTTP/1.1 503")


async def test_sync_has_no_express_lane(sync_receiver: Receiver) -> None:
    lane, router = await both(sync_receiver, "/orders", *REQUESTS["an order"])
    assert lane[2]["status"] == router[2]["status"] == "COMPLETED"
    gone, also_gone = await both(sync_receiver, "/orders/async", *REQUESTS["an order"])
    assert gone == also_gone
    assert gone[0].startswith(b"HTTP/1.1 404")


async def test_the_router_is_not_asked(receiver: Receiver) -> None:
    async def never(_request: BaseRequest) -> web.StreamResponse:
        raise AssertionError("the router was asked")

    place = express_first(receiver.app, never)
    answer = await place(make_mocked_request("POST", "/orders"))
    assert answer.status == 415  # read, and refused for its content type
    with pytest.raises(AssertionError, match="the router was asked"):
        await place(make_mocked_request("POST", "/orders?a=b"))
