"""Many callers, few calls: callers await their own item while items travel in batches."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class BatcherFull(Exception):
    """More items wait than the batcher was told to hold; try again later."""


class BatcherClosed(Exception):
    """The batcher no longer takes items."""


class MicroBatcher(Generic[Item, Result]):
    """Collects items for a few milliseconds and sends them together.

    A batch leaves when it is full, by count or bytes, or `linger_seconds` after its first item; at
    most `max_in_flight` batches are under way, and items that come meanwhile fill the next ones.
    `send` returns one result or exception an item, in order: a failed item fails its own caller
    only. An exception from `send` fails every caller of its batch. A caller that is cancelled
    leaves its item in the batch: it may be on the wire already.

    With `eager_when_quiet` nobody waits while no batch is under way: an item leaves at once with
    whatever came together with it, and those that came during a call leave when it returns. That is
    Nagle's algorithm (RFC 896): no delay in quiet times, full batches under load.
    `linger_seconds` is then how long a call that does not return holds up the next.
    """

    def __init__(
        self,
        send: Callable[[Sequence[Item]], Awaitable[Sequence[Result | Exception]]],
        *,
        max_items: int,
        max_bytes: int | None = None,
        size_of: Callable[[Item], int] | None = None,
        linger_seconds: float = 0.003,
        max_in_flight: int = 4,
        max_waiting: int = 10_000,
        eager_when_quiet: bool = False,
    ) -> None:
        self._send = send
        self._max_items = max_items
        self._max_bytes = max_bytes
        self._size_of = size_of or (lambda _item: 0)
        self._linger_seconds = linger_seconds
        self._max_in_flight = max_in_flight
        self._max_waiting = max_waiting
        self._waiting: deque[tuple[Item, int, asyncio.Future[Result]]] = deque()
        self._waiting_bytes = 0
        self._in_flight: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._due = False
        self._closed = False
        self._eager_when_quiet = eager_when_quiet

    async def submit(self, item: Item) -> Result:
        """Return the item's own result once its batch has been sent.

        Raises:
            BatcherFull: too many items wait.
            BatcherClosed: the batcher is closing.
        """
        if self._closed:
            raise BatcherClosed
        if len(self._waiting) >= self._max_waiting:
            raise BatcherFull
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()
        size = self._size_of(item)
        self._waiting.append((item, size, future))
        self._waiting_bytes += size
        if self._is_full():
            self._dispatch()
        elif self._eager_when_quiet and not self._in_flight:
            # Not at once: whoever else is ready in this turn of the loop comes along.
            self._reset_timer(0)
        else:
            self._reset_timer(self._linger_seconds)
        return await future

    async def aclose(self) -> None:
        """Send what waits, await what is under way, take nothing more. Idempotent."""
        self._closed = True
        self._dispatch()
        while self._in_flight:
            await asyncio.wait(self._in_flight)

    def _is_full(self) -> bool:
        if len(self._waiting) >= self._max_items:
            return True
        return self._max_bytes is not None and self._waiting_bytes >= self._max_bytes

    def _linger_over(self) -> None:
        self._timer = None
        self._due = True
        self._dispatch()

    def _dispatch(self) -> None:
        """Send batches that are due or full while there is a free place under way."""
        while self._waiting and len(self._in_flight) < self._max_in_flight:
            if not (self._due or self._closed or self._is_full()):
                break
            self._due = False
            task = asyncio.get_running_loop().create_task(self._send_batch(self._take_batch()))
            self._in_flight.add(task)
            task.add_done_callback(self._batch_done)
        self._reset_timer(self._linger_seconds)

    def _reset_timer(self, seconds: float) -> None:
        """Keep a timer running exactly while items wait that no timer has declared due."""
        wanted = bool(self._waiting) and not self._due and not self._closed
        if wanted and self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(seconds, self._linger_over)
        elif not wanted and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _take_batch(self) -> list[tuple[Item, asyncio.Future[Result]]]:
        batch: list[tuple[Item, asyncio.Future[Result]]] = []
        taken_bytes = 0
        while self._waiting and len(batch) < self._max_items:
            item, size, future = self._waiting[0]
            if batch and self._max_bytes is not None and taken_bytes + size > self._max_bytes:
                break
            self._waiting.popleft()
            taken_bytes += size
            batch.append((item, future))
        self._waiting_bytes -= taken_bytes
        return batch

    async def _send_batch(self, batch: list[tuple[Item, asyncio.Future[Result]]]) -> None:
        try:
            results: Sequence[Result | Exception] = await self._send([item for item, _ in batch])
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to the callers
            results = [error] * len(batch)
        except asyncio.CancelledError:
            self._settle(batch, [BatcherClosed()] * len(batch))
            raise
        if len(results) != len(batch):
            problem = f"{len(results)} results for a batch of {len(batch)}"
            results = [RuntimeError(problem)] * len(batch)
        self._settle(batch, results)

    @staticmethod
    def _settle(
        batch: list[tuple[Item, asyncio.Future[Result]]], results: Sequence[Result | Exception]
    ) -> None:
        for (_, future), result in zip(batch, results, strict=True):
            if future.done():
                continue
            if isinstance(result, Exception):
                future.set_exception(result)
            else:
                future.set_result(result)

    def _batch_done(self, task: asyncio.Task[None]) -> None:
        self._in_flight.discard(task)
        if self._eager_when_quiet and not self._in_flight:
            self._due = bool(self._waiting)
        self._dispatch()
