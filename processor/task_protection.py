"""Keeping ECS from stopping this task for a scale-in while it has work in its hands.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection-endpoint.html
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from http import HTTPStatus

import aiohttp

from adapters.logs import get_logger

PATH = "/task-protection/v1/state"
CHECK_SECONDS = 2.0
# The task frees itself when its work is done; this is for the case that it cannot any more.
EXPIRES_MINUTES = 10
RENEW_SECONDS = EXPIRES_MINUTES * 60 / 2
TIMEOUT = aiohttp.ClientTimeout(total=3)

_log = get_logger()


class ProtectionRefused(Exception):
    """The ECS agent did not do as asked; its answer says why."""


class TaskProtection:
    """Protects the task while `is_busy`; an agent that does not answer changes nothing else."""

    def __init__(self, agent_uri: str, is_busy: Callable[[], bool]) -> None:
        self._url = agent_uri.rstrip("/") + PATH
        self._is_busy = is_busy
        self._protected_at: float | None = None
        self._failing = False

    async def run(self) -> None:
        """Look every few seconds; take the protection away at cancellation."""
        async with aiohttp.ClientSession(timeout=TIMEOUT) as session:
            try:
                while True:
                    await self._adjust(session, busy=self._is_busy())
                    await asyncio.sleep(CHECK_SECONDS)
            finally:
                await self._adjust(session, busy=False)

    async def _adjust(self, session: aiohttp.ClientSession, *, busy: bool) -> None:
        now = asyncio.get_running_loop().time()
        since = self._protected_at
        if busy and (since is None or now - since >= RENEW_SECONDS):
            wanted: dict[str, bool | int] = {
                "ProtectionEnabled": True,
                "ExpiresInMinutes": EXPIRES_MINUTES,
            }
        elif not busy and since is not None:
            wanted = {"ProtectionEnabled": False}
        else:
            return
        if await self._put(session, wanted):
            self._protected_at = now if busy else None

    async def _put(self, session: aiohttp.ClientSession, wanted: dict[str, bool | int]) -> bool:
        """Tell the agent; log the first refusal of a series and the end of it."""
        try:
            async with session.put(self._url, json=wanted) as answer:
                _check(answer.status, await answer.text())
        except (ProtectionRefused, aiohttp.ClientError, TimeoutError) as error:
            if not self._failing:
                _log.warning("task_protection_failed", error=repr(error))
            self._failing = True
            return False
        if self._failing:
            _log.info("task_protection_recovered")
        self._failing = False
        return True


def _check(status: int, text: str) -> None:
    """Look for a refusal also behind status 200: the agent reports what ECS said as a failure."""
    if status != HTTPStatus.OK or '"failure"' in text:
        raise ProtectionRefused(f"{status}: {text[:200]}")
