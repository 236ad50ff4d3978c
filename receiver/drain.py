"""Coming to rest: nothing new is let in, what is under way is waited for."""

from __future__ import annotations

import asyncio

from aiohttp import web

from adapters.logs import get_logger
from receiver.keys import ADMISSIONS, READINESS

_log = get_logger()


async def drain(app: web.Application, seconds: float) -> None:
    """Wait until no order is under way, for at most `seconds`."""
    app[READINESS].drain()
    for admission in app[ADMISSIONS]:
        admission.close()
    try:
        async with asyncio.timeout(seconds):
            for admission in app[ADMISSIONS]:
                await admission.empty()
    except TimeoutError:
        _log.warning("drain_ended_early", drain_seconds=seconds)
