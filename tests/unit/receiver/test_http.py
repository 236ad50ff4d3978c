"""What HTTP asks of every path: methods, request ids, origins, failures."""

from __future__ import annotations

import pytest

from adapters.orders.pages import OrderPage
from orders.model import OrderStatus
from tests.unit.receiver.fakes import Receiver, problem_of, running_receiver

pytestmark = pytest.mark.socket

SHOP = "https://shop.example"


async def test_an_unknown_path_is_404(receiver: Receiver) -> None:
    response = await receiver.client.get("/nowhere")
    assert response.status == 404
    assert (await problem_of(response))["instance"] == "/nowhere"


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PUT", "/orders", "GET, HEAD, OPTIONS, POST"),
        ("DELETE", "/orders/a-1", "GET, HEAD, OPTIONS"),
        ("POST", "/products", "GET, HEAD, OPTIONS"),
        ("PATCH", "/orders/sync", "OPTIONS, POST"),
        ("TRACE", "/health", "GET, HEAD, OPTIONS"),
        ("GET", "/orders/async", "OPTIONS, POST"),
    ],
)
async def test_a_method_that_a_path_does_not_have_is_405_and_names_those_it_has(
    receiver: Receiver, method: str, path: str, allow: str
) -> None:
    response = await receiver.client.request(method, path)
    assert response.status == 405
    assert response.headers["Allow"] == allow
    await problem_of(response)


async def test_options_names_the_methods(receiver: Receiver) -> None:
    response = await receiver.client.options("/orders")
    assert response.status == 204
    assert response.headers["Allow"] == "GET, HEAD, OPTIONS, POST"
    assert await response.read() == b""


async def test_head_is_get_without_the_body(receiver: Receiver) -> None:
    head, get = await receiver.client.head("/products"), await receiver.client.get("/products")
    assert head.status == 200
    assert await head.read() == b""
    assert head.headers["Content-Length"] == get.headers["Content-Length"]


async def test_each_answer_has_a_request_id_of_its_own(receiver: Receiver) -> None:
    ids = [
        (await receiver.client.get(path)).headers["X-Request-Id"]
        for path in ("/health", "/health", "/nowhere", "/orders/none")
    ]
    assert len(set(ids)) == 4


async def test_the_callers_request_id_is_kept_when_it_is_fit_for_logs(receiver: Receiver) -> None:
    for sent, kept in (("web-1", True), ("a b", False), ("x" * 65, False)):
        response = await receiver.client.get("/health", headers={"X-Request-Id": sent})
        assert (response.headers["X-Request-Id"] == sent) is kept


async def test_a_request_id_is_logged_with_what_went_wrong(
    receiver: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    receiver.table.down = True
    await receiver.client.get("/orders/a-1", headers={"X-Request-Id": "web-1"})
    assert "web-1" in capsys.readouterr().out


async def test_an_outage_is_503_and_says_nothing_of_the_inside(receiver: Receiver) -> None:
    receiver.table.down = True
    for response in (await receiver.order(), await receiver.client.get("/orders/a-1")):
        assert response.status == 503
        assert int(response.headers["Retry-After"]) >= 1
        assert "secret-host" not in await response.text()


async def test_the_unforeseen_is_500_and_logged_and_says_nothing_of_the_inside(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def broken(_status: OrderStatus, _limit: int, _cursor: str | None) -> OrderPage:
        raise KeyError("secret-key")

    monkeypatch.setattr(receiver.table, "page", broken)
    response = await receiver.client.get("/orders?status=PENDING")
    assert response.status == 500
    assert "secret-key" not in str(await problem_of(response))
    assert "secret-key" in capsys.readouterr().out


async def test_scripts_of_other_origins_may_not_call_unless_the_settings_say_so(
    receiver: Receiver,
) -> None:
    response = await receiver.client.get("/products", headers={"Origin": SHOP})
    assert "Access-Control-Allow-Origin" not in response.headers


async def test_a_named_origin_may_call_and_read_every_answer() -> None:
    async with running_receiver(cors_origins=frozenset({SHOP})) as receiver:
        for path in ("/products", "/nowhere"):
            response = await receiver.client.get(path, headers={"Origin": SHOP})
            assert response.headers["Access-Control-Allow-Origin"] == SHOP
            assert "X-Request-Id" in response.headers["Access-Control-Expose-Headers"]
            assert response.headers["Vary"] == "Origin"
        other = await receiver.client.get("/products", headers={"Origin": "https://evil.example"})
        assert "Access-Control-Allow-Origin" not in other.headers


async def test_a_preflight_names_methods_and_headers() -> None:
    async with running_receiver(cors_origins=frozenset({"*"})) as receiver:
        headers = {"Origin": SHOP, "Access-Control-Request-Method": "POST"}
        response = await receiver.client.options("/orders", headers=headers)
        assert response.status == 204
        assert "POST" in response.headers["Access-Control-Allow-Methods"]
        assert "Idempotency-Key" in response.headers["Access-Control-Allow-Headers"]
