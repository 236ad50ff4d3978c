"""Customers' requests are sent again, to a receiver of the test's own."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from ops.open_orders import Action, Outcome
from ops.resubmit import MAX_CONCURRENT_RESUBMITS, TRIES, Receiver, Resubmitter
from tests.unit.ops.stacks import open_orders

pytestmark = pytest.mark.socket

Answer = tuple[int, dict[str, Any], dict[str, str]]


class FakeReceiver:
    """Answers each POST /orders as `answer` says; counts what it was asked."""

    def __init__(self, answer: Callable[[str, int], Answer]) -> None:
        self.asked: Counter[str] = Counter()
        self.bodies: list[dict[str, Any]] = []
        self._answer = answer
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._server.serve_forever, args=(0.01,)).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                assert (self.path, self.headers["Content-Type"]) == ("/orders", "application/json")
                with outer._lock:
                    outer.bodies.append(body)
                    outer.asked[body["order_id"]] += 1
                    count = outer.asked[body["order_id"]]
                status, content, headers = outer._answer(body["order_id"], count)
                text = json.dumps(content).encode()
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(text))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_: object) -> None:
                return

        return Handler


@pytest.fixture
def receiver() -> Iterator[Callable[[Callable[[str, int], Answer]], FakeReceiver]]:
    made: list[FakeReceiver] = []

    def make(answer: Callable[[str, int], Answer]) -> FakeReceiver:
        made.append(FakeReceiver(answer))
        return made[-1]

    yield make
    for each in made:
        each.close()


Make = Callable[[Callable[[str, int], Answer]], FakeReceiver]
COMPLETED: Answer = (200, {"status": "COMPLETED"}, {})


def resubmit(url: str, count: int) -> dict[str, Outcome]:
    done: dict[str, Outcome] = {}
    Resubmitter(Receiver(url)).retry(
        open_orders(count), lambda each: done.update({each.order.order_id: each})
    )
    return done


def test_a_resubmitted_request_settles_its_order(receiver: Make) -> None:
    there = receiver(lambda *_: COMPLETED)
    done = resubmit(there.url, 7)
    assert {each.action for each in done.values()} == {Action.SETTLED}
    assert {each.told for each in done.values()} == {"COMPLETED"}
    assert there.asked == Counter(f"order-{n}" for n in range(7))
    items = [{"product_id": "1", "quantity": 1}]
    assert {"order_id": "order-0", "customer_id": "7", "items": items} in there.bodies


@pytest.mark.parametrize("status", [409, 502, 503, 504])
def test_a_receiver_that_has_no_place_is_asked_again(receiver: Make, status: int) -> None:
    busy: Answer = (status, {"detail": "full"}, {"Retry-After": "0"})
    there = receiver(lambda _, count: busy if count < 3 else COMPLETED)
    assert resubmit(there.url, 1)["order-0"].told == "COMPLETED"
    assert there.asked["order-0"] == 3


def test_a_receiver_that_stays_full_is_given_up(receiver: Make) -> None:
    there = receiver(lambda *_: (503, {"detail": "full"}, {"Retry-After": "0"}))
    outcome = resubmit(there.url, 1)["order-0"]
    assert (outcome.action, outcome.told) == (Action.FAILED, f"HTTP 503: full ({TRIES} tries)")
    assert there.asked["order-0"] == TRIES


def test_what_the_receiver_refuses_is_told_and_not_resubmitted(receiver: Make) -> None:
    def answer(order_id: str, _count: int) -> Answer:
        gone = "items[0].product_id is not in the catalogue"
        return (422, {"detail": gone}, {}) if order_id == "order-1" else COMPLETED

    there = receiver(answer)
    done = resubmit(there.url, 3)
    assert done["order-1"].told == "HTTP 422: items[0].product_id is not in the catalogue"
    assert [done[f"order-{n}"].action for n in range(3)] == [
        Action.SETTLED,
        Action.FAILED,
        Action.SETTLED,
    ]
    assert there.asked["order-1"] == 1


def test_a_receiver_that_is_not_there_fails_each_order_with_its_address(receiver: Make) -> None:
    there = receiver(lambda *_: COMPLETED)
    there.close()
    outcome = resubmit(there.url, 1)["order-0"]
    assert outcome.action is Action.FAILED
    assert outcome.told.startswith(f"POST {there.url}/orders: ")


@pytest.mark.parametrize("content", [{}, [], "COMPLETED"])
def test_an_answer_that_is_no_order_is_not_taken_for_one(receiver: Make, content: Any) -> None:
    there = receiver(lambda *_: (200, content, {}))
    assert resubmit(there.url, 1)["order-0"].action is Action.FAILED


def test_an_interrupt_begins_no_further_one_and_tells_of_those_under_way(receiver: Make) -> None:
    arrived = threading.Semaphore(0)
    go_on = threading.Event()

    def answer(*_: object) -> Answer:
        arrived.release()
        go_on.wait(10)
        return COMPLETED

    there = receiver(answer)
    done: list[Outcome] = []
    resubmitter = Resubmitter(Receiver(there.url))

    def interrupt(outcome: Outcome) -> None:
        done.append(outcome)
        if len(done) == 1:
            raise KeyboardInterrupt

    def let_go() -> None:
        for _ in range(MAX_CONCURRENT_RESUBMITS):
            arrived.acquire()
        go_on.set()

    threading.Thread(target=let_go).start()
    with pytest.raises(KeyboardInterrupt):
        resubmitter.retry(open_orders(200), interrupt)
    assert sum(there.asked.values()) == len(done) < 200
    assert {each.action for each in done} == {Action.SETTLED}
