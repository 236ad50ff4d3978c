"""Coming to rest: nothing new is let in, what is under way is waited for."""

from __future__ import annotations

import asyncio

from aiohttp import web

from kit.logging import get_logger
from receiver.keys import ADMISSIONS, BACKGROUND, READINESS, SETTINGS, SYNC_ORDERS

# The few calls around a payment.
SETTLING_SECONDS = 1.0

_log = get_logger()


async def drain(app: web.Application) -> None:
    """Wait until no order is under way, for at most the settings' `drain_seconds`.

    Orders whose payment could not end in that time are turned away before it begins; what still
    runs at the end is cut off, and a repeat or a redelivery carries on.
    """
    settings = app[SETTINGS]
    app[READINESS].drain()
    for admission in app[ADMISSIONS]:
        admission.close()
    last_start_seconds = settings.drain_seconds - settings.payment_seconds - SETTLING_SECONDS
    ended = asyncio.get_running_loop().create_task(_all_empty(app))
    await asyncio.wait({ended}, timeout=max(0, last_start_seconds))
    if not ended.done():
        app[SYNC_ORDERS].turn_away_waiting()
        await asyncio.wait({ended}, timeout=settings.drain_seconds - max(0, last_start_seconds))
    if not ended.done():
        ended.cancel()
        _log.warning("drain_ended_early", drain_seconds=settings.drain_seconds)
    await app[BACKGROUND].aclose()


async def _all_empty(app: web.Application) -> None:
    for admission in app[ADMISSIONS]:
        await admission.empty()
