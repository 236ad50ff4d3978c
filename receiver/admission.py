"""How many orders may be under way concurrently, and what happens to the one too many."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class Overloaded(Exception):
    """No room for one more order now; it was stored only if `order_id` says so."""

    def __init__(
        self, detail: str, retry_after_seconds: float, order_id: str | None = None
    ) -> None:
        self.retry_after_seconds = retry_after_seconds
        self.order_id = order_id
        super().__init__(detail)


class Admission:
    """Admits a bounded number of orders; the next one is refused immediately, not queued."""

    def __init__(self, limit: int, *, full: str, retry_after_seconds: float) -> None:
        self._limit = limit
        self._full = full
        self._retry_after_seconds = retry_after_seconds
        self._inside = 0
        self._closed = False
        self._empty = asyncio.Event()
        self._empty.set()

    @contextmanager
    def admitted(self) -> Iterator[None]:
        """Hold a place while the block runs.

        Raises:
            Overloaded: every place is taken, or the service is about to stop.
        """
        self.check_room()
        self._inside += 1
        self._empty.clear()
        try:
            yield
        finally:
            self._inside -= 1
            if not self._inside:
                self._empty.set()

    def check_room(self) -> None:
        """Take no place, and raise what an order that came now would get.

        Raises:
            Overloaded: as `admitted`.
        """
        if self._closed:
            raise Overloaded("this receiver is about to stop", 1)
        if self._inside >= self._limit:
            raise Overloaded(self._full, self._retry_after_seconds)

    def close(self) -> None:
        """Refuse every order from now on."""
        self._closed = True

    async def empty(self) -> None:
        """Return once no order holds a place."""
        await self._empty.wait()
