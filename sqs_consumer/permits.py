"""The bounded semaphore of a consumer, taken in handfuls before anything is received."""

from __future__ import annotations

import asyncio
from contextlib import suppress


class Permits:
    """So many messages may be worked on at once; permits are taken first and given back once."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._free = total
        self._turn = asyncio.Lock()
        self._wanted = 0
        self._waiter: asyncio.Future[None] | None = None

    @property
    def free(self) -> int:
        """How many permits nobody holds."""
        return self._free

    @property
    def taken(self) -> int:
        """How many permits are held."""
        return self._total - self._free

    async def take(self, most: int, linger_seconds: float = 0.0) -> int:
        """Wait for a permit and return how many were taken, 1 to `most`.

        While fewer than `most` are free it waits `linger_seconds` for more: ten permits in one
        receive cost a tenth of the calls. One caller collects at a time.
        """
        most = min(most, self._total)
        async with self._turn:
            await self._until_free(1)
            if self._free < most and linger_seconds > 0:
                with suppress(TimeoutError):
                    async with asyncio.timeout(linger_seconds):
                        await self._until_free(most)
            return self._take_free(most)

    def take_now(self, most: int) -> int:
        """Return how many permits were taken, 0 to `most`, without waiting."""
        return 0 if self._turn.locked() else self._take_free(most)

    def give_back(self, count: int = 1) -> None:
        """Give permits back.

        Raises:
            RuntimeError: more came back than were taken; a permit given back twice would let one
                message too many in for ever.
        """
        if count > self.taken:
            raise RuntimeError(f"{count} permits given back, {self.taken} were taken")
        self._free += count
        if self._waiter is not None and self._free >= self._wanted and not self._waiter.done():
            self._waiter.set_result(None)

    def _take_free(self, most: int) -> int:
        taken = min(self._free, most)
        self._free -= taken
        return taken

    async def _until_free(self, wanted: int) -> None:
        while self._free < wanted:
            self._wanted = wanted
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
