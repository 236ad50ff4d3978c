"""Customers who order, and who order again with the same id when they get no answer or no room."""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

ACCEPTED = (200, 202)
COME_AGAIN = (409, 429, 503)
# Longer than any answer takes that is bounded at all: a payment, or a lease and a payment.
PATIENCE_SECONDS = 60.0
PAUSE_SECONDS = 0.1


class Customers:
    """What customers of one shop were told, order by order."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url
        self.asked: set[str] = set()
        self.requests = 0
        self.accepted: dict[str, Any] = {}
        self.without_answer: set[str] = set()
        self.turned_away: Counter[int] = Counter()

    def new_order(self) -> str:
        """Return the id of an order that is about to be placed."""
        order_id = uuid.uuid4().hex
        self.asked.add(order_id)
        return order_id

    async def insist(self, order_id: str, product_id: str = "1", path: str = "/orders") -> None:
        """Order, again and again, until the order is accepted."""
        while order_id not in self.accepted:
            if await self.try_once(order_id, product_id, path) != ACCEPTED:
                await asyncio.sleep(PAUSE_SECONDS)

    async def insist_all(self, order_ids: Iterable[str], product_id: str = "1") -> None:
        """Order all of these at once, until each is accepted."""
        await asyncio.gather(*(self.insist(each, product_id) for each in order_ids))

    async def send(self, body: bytes, path: str = "/orders") -> int:
        """Send these bytes as an order; return the answer's status."""
        headers = {"Content-Type": "application/json"}
        async with self._session.post(self._url + path, data=body, headers=headers) as response:
            return response.status

    async def try_once(
        self, order_id: str, product_id: str = "1", path: str = "/orders"
    ) -> tuple[int, ...]:
        """Order once; return ACCEPTED, COME_AGAIN, or nothing when no answer came.

        Raises:
            AssertionError: for any other answer, or a 503 that does not say when to come again.
        """
        items = [{"product_id": product_id, "quantity": 1}]
        order = {"order_id": order_id, "customer_id": 1, "items": items}
        self.requests += 1
        try:
            async with self._session.post(self._url + path, json=order) as response:
                status, answer = response.status, await response.json()
        except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError):
            self.without_answer.add(order_id)
            return ()
        if status in ACCEPTED:
            self.accepted[order_id] = answer
            return ACCEPTED
        assert status in COME_AGAIN, answer
        assert int(response.headers["Retry-After"]) >= 1
        # Who is told nothing of an order has none; who is told of one can look at it.
        assert answer.get("order_id", order_id) == order_id
        assert ("order_id" in answer) == ("Location" in response.headers)
        self.turned_away[status] += 1
        return COME_AGAIN


@asynccontextmanager
async def customers_of(url: str, api_key: str = "") -> AsyncIterator[Customers]:
    """Open the doors of the shop at `url` to any number of customers at once."""
    headers = {"x-api-key": api_key} if api_key else {}
    timeout = aiohttp.ClientTimeout(total=PATIENCE_SECONDS)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(
        connector=connector, timeout=timeout, headers=headers
    ) as session:
        yield Customers(session, url)
