"""A closed loop of connections: each sends its next order when the last one is answered.

Bare asyncio protocols, so that the load costs little beside the receiver on the same two cores.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast

ACCEPTED = b"202"

_BODY = (
    b'{"order_id":"%b","customer_id":123,'
    b'"items":[{"product_id":"SKU-001","quantity":1,"price":19.99}]}'
)
_HEAD = (
    b"POST /orders HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\nUser-Agent: closed-loop\r\n"
    b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n"
)


@dataclass
class Measured:
    """What a load saw: latencies in seconds of accepted orders, and how many were refused."""

    latencies: list[float] = field(default_factory=list)
    refused: int = 0

    def percentile_ms(self, percent: float) -> float:
        """Return the latency that `percent` of the orders stayed below, in milliseconds."""
        ordered = sorted(self.latencies)
        return 1000 * ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


class _Customer(asyncio.Protocol):
    def __init__(self, load: ClosedLoop) -> None:
        self._load = load
        self._answer = b""
        self._sent_at = 0.0
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)
        self._wait_and_send()

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head_end = self._answer.find(b"\r\n\r\n")
        if head_end < 0:
            return
        start = self._answer.index(b"Content-Length: ") + 16
        length = int(self._answer[start : self._answer.index(b"\r", start)])
        if len(self._answer) < head_end + 4 + length:
            return
        self._load.count(self._answer[9:12], time.perf_counter() - self._sent_at)
        self._answer = b""
        self._wait_and_send()

    def connection_lost(self, exc: Exception | None) -> None:
        self._load.customer_left(exc)

    def _wait_and_send(self) -> None:
        if self._load.over:
            self._close()
        elif self._load.think_seconds is None:
            self._send()
        else:
            pause = random.uniform(*self._load.think_seconds)  # noqa: S311 - a customer's pause
            asyncio.get_running_loop().call_later(pause, self._send)

    def _send(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._sent_at = time.perf_counter()
            self._transport.write(self._load.next_request())

    def _close(self) -> None:
        if self._transport is not None:
            self._transport.close()


class ClosedLoop:
    """Load on one receiver; `think_seconds` is the range of pauses before each order."""

    def __init__(self, port: int, *, think_seconds: tuple[float, float] | None = None) -> None:
        self.think_seconds = think_seconds
        self.over = False
        self._port = port
        self._measured = Measured()
        self._order_ids = self._mint_ids()
        self._failure: Exception | None = None

    async def run(self, connections: int, seconds: float, warm_up_seconds: float) -> Measured:
        """Load the receiver and return what was measured after the warm-up."""
        loop = asyncio.get_running_loop()
        for _ in range(connections):
            await loop.create_connection(lambda: _Customer(self), "127.0.0.1", self._port)
        await asyncio.sleep(warm_up_seconds)
        self._measured = measured = Measured()
        await asyncio.sleep(seconds)
        self._measured = Measured()
        self.over = True
        if self._failure is not None:
            raise self._failure
        return measured

    def next_request(self) -> bytes:
        """Return the next order as HTTP."""
        body = _BODY % next(self._order_ids)
        return _HEAD % len(body) + body

    def count(self, status: bytes, latency_seconds: float) -> None:
        """Count one answer."""
        if status == ACCEPTED:
            self._measured.latencies.append(latency_seconds)
        else:
            self._measured.refused += 1

    def customer_left(self, error: Exception | None) -> None:
        """Note that a connection ended, which none does before the end."""
        if not self.over:
            self._failure = error or ConnectionError("the receiver closed a connection")

    @staticmethod
    def _mint_ids() -> Iterator[bytes]:
        run = f"{time.time_ns():x}"
        for number in itertools.count():
            yield f"{run}-{number}".rjust(32, "0").encode()
