"""The functions behind the gateway, over the fake AWS."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from adapters.orders.schema import StatusShards, Tables
from api.problems import CONTENT_TYPE, TYPE_PREFIX
from lambda_fn.create_order import create
from lambda_fn.read_orders import READS, read
from lambda_fn.settings import ShopSettings
from lambda_fn.shop import Shop
from tests.support.fake_aws.cloud import VARIABLES
from tests.support.fake_aws.wire import Fault, Wire
from tests.support.fake_shop import PRICE_CENTS, FakeShop
from tests.support.logs import capture_logs
from tests.unit.lambda_fn.fake_environment import fail_every_try, http_event, reached

SETTINGS = ShopSettings(
    region="us-west-2",
    log_level="INFO",
    tables=Tables("orders", "products", StatusShards(10)),
    cors_origins=frozenset({"https://shop.example"}),
)
ORDER = '{"order_id":"001","customer_id":123,"items":[{"product_id":"a","quantity":2}]}'


class Open:
    """A shop of the fake AWS, and the functions' own."""

    def __init__(self, fake: FakeShop, shop: Shop, wire: Wire) -> None:
        self.fake = fake
        self.wire = wire
        self._shop = shop

    def post(self, body: str = ORDER, **event: Any) -> dict[str, Any]:
        return self._shop.answer(http_event("/orders", body, **event), create)

    def get(self, resource: str, **event: Any) -> dict[str, Any]:
        return self._shop.answer(http_event(resource, **event), read)


@pytest.fixture
def shop() -> Iterator[Open]:
    fake = FakeShop({"a": 5, "b": 7})
    with reached(fake) as wire:
        shop = Shop(SETTINGS, VARIABLES)
        yield Open(fake, shop, wire)
        shop.close()


def problem(answer: dict[str, Any]) -> dict[str, Any]:
    assert answer["headers"]["Content-Type"] == CONTENT_TYPE
    document: dict[str, Any] = json.loads(answer["body"])
    assert document["status"] == answer["statusCode"]
    return document


def test_an_order_is_stored_by_one_write_and_answered_with_where_it_is(shop: Open) -> None:
    answer = shop.post()
    assert answer["statusCode"] == 202
    assert answer["headers"]["Location"] == "/v1/orders/001"
    document = json.loads(answer["body"])
    assert document["status"] == "PENDING"
    assert document["total_cents"] == 2 * PRICE_CENTS
    assert shop.fake.orders.items["001"]["status"] == {"S": "PENDING"}
    writes = [call for call in shop.wire.calls if call != "Scan"]
    assert writes == ["PutItem"]


def test_an_order_without_an_id_gets_one(shop: Open) -> None:
    answer = shop.post('{"customer_id":1,"items":[{"product_id":"b","quantity":1}]}')
    order_id = json.loads(answer["body"])["order_id"]
    assert answer["headers"]["Location"] == f"/v1/orders/{order_id}"
    assert order_id in shop.fake.orders.items


def test_the_catalogue_is_read_once_for_the_orders_of_a_moment(shop: Open) -> None:
    for number in range(3):
        shop.post(ORDER.replace("001", f"00{number}"))
    assert shop.wire.calls.count("Scan") == 1


def test_a_repeat_answers_as_the_first_time_and_other_content_is_refused(shop: Open) -> None:
    first = shop.post()
    assert shop.post() == {**first, "body": first["body"]}
    other = problem(shop.post(ORDER.replace('"quantity":2', '"quantity":1')))
    assert (other["status"], other["field"]) == (422, "order_id")


def test_a_key_in_the_head_stands_for_an_id_and_the_body_s_own_wins(shop: Open) -> None:
    without_id = ORDER.replace('"order_id":"001",', "")
    keyed = {"headers": {"Idempotency-Key": "k-1"}}
    ids = [json.loads(shop.post(without_id, **keyed)["body"])["order_id"] for _ in range(2)]
    assert ids[0] == ids[1]
    assert json.loads(shop.post(ORDER, **keyed)["body"])["order_id"] == "001"


@pytest.mark.parametrize(
    ("body", "event", "status", "field"),
    [
        ("{", {}, 400, None),
        ('{"customer_id":1,"items":[]}', {}, 422, "items"),
        (ORDER.replace('"a"', '"none"'), {}, 422, "items[0].product_id"),
        (ORDER, {"headers": {"Content-Type": "text/plain"}}, 415, "Content-Type"),
        (ORDER, {"headers": {"Content-Type": "application/json; charset=latin-1"}}, 415, None),
        (ORDER, {"headers": {"Content-Encoding": "gzip"}}, 415, "Content-Encoding"),
        (ORDER, {"headers": {"Idempotency-Key": "a b"}}, 422, "Idempotency-Key"),
        (ORDER + " " * 65536, {}, 413, None),
        (ORDER, {"query": {"limit": ["1"]}}, 422, "limit"),
    ],
)
def test_what_is_wrong_with_an_order_is_said_and_nothing_is_stored(
    shop: Open, body: str, event: dict[str, Any], status: int, field: str | None
) -> None:
    said = problem(shop.post(body, **event))
    assert said["status"] == status
    assert said["instance"] == "/v1/orders"
    assert said["type"].startswith(TYPE_PREFIX)
    if field is not None:
        assert said["field"] == field
    assert shop.fake.orders.items == {}


@pytest.mark.parametrize("charset", ["", "; charset=utf-8", '; charset="UTF-8"', ";charset=UTF8"])
def test_json_in_utf_8_is_taken_however_it_says_so(shop: Open, charset: str) -> None:
    head = {"Content-Type": f"application/json{charset}"}
    assert shop.post(headers=head)["statusCode"] == 202


def test_a_body_in_base64_is_read_as_it_was_sent(shop: Open) -> None:
    encoded = base64.b64encode(ORDER.encode()).decode()
    event = {**http_event("/orders", encoded), "isBase64Encoded": True}
    assert shop._shop.answer(event, create)["statusCode"] == 202


def test_an_order_of_which_nothing_is_known_is_told_by_its_id(shop: Open) -> None:
    shop.post(ORDER.replace("001", "before"))
    fail_every_try(shop.wire, Fault.BROKEN)
    said = shop.post()
    document = problem(said)
    assert document["status"] == 503
    assert document["order_id"] == "001"
    assert said["headers"]["Retry-After"] == "2"


def test_an_order_whose_answer_was_lost_is_known_again_by_the_next_try(shop: Open) -> None:
    shop.post(ORDER.replace("001", "before"))
    shop.wire.fail_next(Fault.LOST_ANSWER)
    assert shop.post()["statusCode"] == 202
    assert shop.fake.orders.items["001"]["status"] == {"S": "PENDING"}


def test_what_nobody_foresaw_is_logged_and_not_told(shop: Open) -> None:
    async def fail(*_: object) -> dict[str, Any]:
        raise ZeroDivisionError("a secret")

    with capture_logs() as logs:
        answer = shop._shop.answer(http_event("/orders", ORDER), fail)
    assert problem(answer)["status"] == 500
    assert "secret" not in answer["body"]
    assert [entry["event"] for entry in logs if entry["level"] == "error"] == ["request_failed"]


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [("https://shop.example", "https://shop.example"), ("https://evil.example", None)],
)
def test_scripts_of_the_shop_s_page_alone_may_read_answers(
    shop: Open, origin: str, allowed: str | None
) -> None:
    answer = shop.post(headers={"Origin": origin})
    assert answer["headers"].get("Access-Control-Allow-Origin") == allowed
    assert answer["headers"]["Vary"] == "Origin"


@pytest.mark.parametrize(
    ("sent", "told"), [("mine-1", "mine-1"), ("not fit\nat all", "gateway-1"), (None, "gateway-1")]
)
def test_every_answer_has_an_id(shop: Open, sent: str | None, told: str) -> None:
    head = {} if sent is None else {"X-Request-Id": sent}
    assert shop.post(headers=head)["headers"]["X-Request-Id"] == told


def test_orders_are_found_and_listed(shop: Open) -> None:
    shop.post()
    found = shop.get("/orders/{order_id}", path="/orders/001", parameters={"order_id": "001"})
    assert json.loads(found["body"])["order_id"] == "001"
    page = shop.get("/orders", query={"status": ["PENDING"], "limit": ["5"]})
    assert [each["order_id"] for each in json.loads(page["body"])["orders"]] == ["001"]


@pytest.mark.parametrize("order_id", ["002", "..", "a b"])
def test_an_order_that_is_not_there_is_a_404(shop: Open, order_id: str) -> None:
    answer = shop.get("/orders/{order_id}", parameters={"order_id": order_id})
    assert problem(answer)["status"] == 404


@pytest.mark.parametrize(
    "query",
    [
        None,
        {"status": ["NONE"]},
        {"status": ["PENDING", "PENDING"]},
        {"status": ["PENDING"], "x": ["1"]},
    ],
)
def test_a_listing_says_what_is_wrong_with_its_parameters(
    shop: Open, query: dict[str, list[str]] | None
) -> None:
    assert problem(shop.get("/orders", query=query))["status"] == 422


def test_the_catalogue_is_listed_searched_and_shown(shop: Open) -> None:
    listed = json.loads(shop.get("/products")["body"])["products"]
    assert {each["product_id"]: each["stock"] for each in listed} == {"a": 5, "b": 7}
    found = json.loads(shop.get("/products/search", query={"q": ["a"]})["body"])["products"]
    assert [each["product_id"] for each in found] == ["a"]
    shown = shop.get("/products/{product_id}", parameters={"product_id": "b"})
    assert json.loads(shown["body"])["stock"] == 7
    none = shop.get("/products/{product_id}", parameters={"product_id": "c"})
    assert problem(none)["status"] == 404


def test_an_old_catalogue_is_better_than_none(shop: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    assert shop.get("/products")["statusCode"] == 200
    monkeypatch.setattr("lambda_fn.shop.CATALOGUE_SECONDS", 0.0)
    fail_every_try(shop.wire, Fault.LOST_ANSWER)
    assert shop.get("/products")["statusCode"] == 200


def test_without_any_catalogue_nothing_is_sold(shop: Open) -> None:
    fail_every_try(shop.wire, Fault.LOST_ANSWER)
    assert problem(shop.post())["status"] == 503
    assert shop.fake.orders.items == {}


def test_the_gateway_s_routes_are_those_that_are_read() -> None:
    assert set(READS) == {
        "/orders",
        "/orders/{order_id}",
        "/products",
        "/products/search",
        "/products/{product_id}",
    }
