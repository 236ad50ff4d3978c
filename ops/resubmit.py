"""Settling an order where nothing is announced: its customer's request is sent once more."""

from __future__ import annotations

import http.client
import json
import threading
import urllib.error
import urllib.request
from http import HTTPStatus
from typing import Any

from ops.open_orders import OpenOrder

# Longer than the load balancer waits for the receiver (Pulumi.yaml: 60 s unless configured).
ANSWER_SECONDS = 75.0
TRIES = 10
LONGEST_PAUSE_SECONDS = 30.0
DEFAULT_PAUSE_SECONDS = 2.0
# Somebody else has the order just now; the load balancer's own ways to say "not now"; and ours.
LATER = {
    HTTPStatus.CONFLICT,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
}


class NotRepeated(Exception):
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
    """The stack's HTTP API; may be used by several threads at once."""

    def __init__(self, api_url: str, *, stop: threading.Event | None = None) -> None:
        self._url = f"{api_url.rstrip('/')}/orders"
        self._stop = stop or threading.Event()

    def stop(self) -> None:
        """Let every `repeat` end at its next answer, whatever it is."""
        self._stop.set()

    def repeat(self, order: OpenOrder) -> str:
        """Place the order again under its own id and return the status it then has.

        Raises:
            NotRepeated: the receiver refused it, had no place for it in ten tries, or is not there.
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
                    raise NotRepeated(problem) from None
            except (OSError, http.client.HTTPException, ValueError) as error:
                raise NotRepeated(
                    f"POST {self._url}: {str(error) or type(error).__name__}"
                ) from None
            if attempt == TRIES - 1 or self._stop.wait(pause):
                break
        raise NotRepeated(f"{problem} ({attempt + 1} tries)")

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
