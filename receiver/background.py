"""Work that outlives the request that began it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from kit.logging import get_logger

T = TypeVar("T")

_log = get_logger()


class BackgroundWork:
    """Keeps a strong reference to each task, and ends them all at the latest when it closes."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Run `work` as a task of its own."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    async def aclose(self) -> None:
        """Cancel what still runs: whatever it was doing, a redelivery or a repeat carries on."""
        unfinished = list(self._tasks)
        if unfinished:
            _log.warning("work_cut_off", tasks=len(unfinished))
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        # Asked for here, so that the failure of work whose client has left is not "never
        # retrieved"; a client that is still there gets it as its answer.
        if not task.cancelled():
            task.exception()
