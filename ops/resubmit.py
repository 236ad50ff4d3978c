"""Stuck orders of a topology without a topic: their customers' requests are sent once more."""

from __future__ import annotations

import http.client
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from http import HTTPStatus
from typing import Any

from ops.open_orders import Action, OpenOrder, Outcome

# Longer than the load balancer waits for the receiver (Pulumi.yaml: 60 s unless configured).
ANSWER_SECONDS = 75.0
TRIES = 10
LONGEST_PAUSE_SECONDS = 30.0
DEFAULT_PAUSE_SECONDS = 2.0
# Fewer than the payment slots of one receiver (paymentConcurrency 5): a customer finds one free.
MAX_CONCURRENT_RESUBMITS = 4
# Somebody else has the order just now; the load balancer's own ways to say "not now"; and ours.
LATER = {
    HTTPStatus.CONFLICT,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
}


class NotResubmitted(Exception):
    """The receiver did not settle the order; the message says why."""


def request_of(order: OpenOrder) -> dict[str, Any]:
    """Return the order as its customer sent it; prices are the catalogue's, and stay out."""
    return {
        "order_id": order.order_id,
        "customer_id": order.customer_id,
        "items": [
            {"product_id": line["product_id"], "quantity": line["quantity"]}
            for line in json.loads(order.lines)
        ],
    }


class Receiver:
    """The stack's HTTP API; several threads may use it concurrently."""

    def __init__(self, api_url: str, *, stop: threading.Event | None = None) -> None:
        self._url = f"{api_url.rstrip('/')}/orders"
        self._stop = stop or threading.Event()

    def stop(self) -> None:
        """Let every `resubmit` end at its next answer, whatever it is."""
        self._stop.set()

    def resubmit(self, order: OpenOrder) -> str:
        """Place the order again under its own id and return the status it then has.

        Raises:
            NotResubmitted: the receiver refused it, had no place for it, or is not there.
        """
        body = json.dumps(request_of(order)).encode()
        problem = ""
        for attempt in range(TRIES):
            try:
                return self._post(body)
            except urllib.error.HTTPError as error:
                with error:
                    problem = _told(error)
                    pause = _pause(error)
                if error.code not in LATER:
                    raise NotResubmitted(problem) from None
            except (OSError, http.client.HTTPException, ValueError) as error:
                raise NotResubmitted(
                    f"POST {self._url}: {str(error) or type(error).__name__}"
                ) from None
            if attempt == TRIES - 1 or self._stop.wait(pause):
                break
        raise NotResubmitted(f"{problem} ({attempt + 1} tries)")

    def _post(self, body: bytes) -> str:
        request = urllib.request.Request(  # noqa: S310 - the stack's own address
            self._url, data=body, headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:  # noqa: S310
            content = json.load(answer)
        if not isinstance(content, dict) or "status" not in content:
            raise ValueError("the answer is no order")
        return str(content["status"])


def _told(error: urllib.error.HTTPError) -> str:
    """Return what a problem document says, in one line."""
    try:
        document = json.load(error)
        said = document.get("detail") or document.get("title") or ""
    except (OSError, http.client.HTTPException, ValueError, AttributeError):
        said = error.reason
    return f"HTTP {error.code}: {said}"


def _pause(error: urllib.error.HTTPError) -> float:
    text = error.headers.get("Retry-After", "")
    seconds = float(text) if text.isdecimal() else DEFAULT_PAUSE_SECONDS
    return min(max(seconds, 0.0), LONGEST_PAUSE_SECONDS)


class Resubmitter:
    """Resubmits orders, a few concurrently; an answer comes with the settled order."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver

    def retry(self, orders: Sequence[OpenOrder], done: Callable[[Outcome], None]) -> None:
        """Tell `done` of each order when it is answered.

        An interrupt begins no further one and waits for those under way; a second does not wait.
        """
        pool = ThreadPoolExecutor(MAX_CONCURRENT_RESUBMITS)
        waiting = {pool.submit(self._resubmit, order) for order in orders}
        try:
            for answered in as_completed(set(waiting)):
                waiting.discard(answered)
                done(answered.result())
        finally:
            self._receiver.stop()
            pool.shutdown(wait=True, cancel_futures=True)
            for late in waiting:
                _tell(late, done)

    def _resubmit(self, order: OpenOrder) -> Outcome:
        try:
            return Outcome(order, Action.SETTLED, self._receiver.resubmit(order))
        except NotResubmitted as problem:
            return Outcome(order, Action.FAILED, str(problem))


def _tell(late: Future[Outcome], done: Callable[[Outcome], None]) -> None:
    if late.done() and not late.cancelled():
        done(late.result())
