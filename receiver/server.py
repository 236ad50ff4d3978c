"""The process: its socket, its signals, and the way it stops."""

from __future__ import annotations

import asyncio
import errno
import gc
import os
import signal
import socket
import sys
from collections.abc import Sequence

from aiohttp import web

from kit.environment import SettingsError
from kit.logging import get_logger
from receiver.admission import Admission
from receiver.app import create_app
from receiver.async_orders import ASYNC_ORDERS
from receiver.backend import BackendOpener
from receiver.health import READINESS
from receiver.protocol import listen
from receiver.settings import Settings
from receiver.sync_orders import SYNC_ORDERS

HOST = "0.0.0.0"  # noqa: S104 - a container's load balancer comes from outside
# What is still being answered after the drain: reads, and the last bytes of answers.
CLOSE_SECONDS = 2.0
# The few calls around a payment.
SETTLING_SECONDS = 1.0

_log = get_logger()


def bind(port: int) -> socket.socket:
    """Return a socket bound to `port`, which receivers of one machine may share.

    Raises:
        SettingsError: another program has the port, or it needs rights we lack.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        reason = os.strerror(error.errno or errno.EIO).lower()
        problem = f"PORT = {port}: cannot be bound ({reason}); choose a free port"
        raise SettingsError(problem) from None
    return listener


async def serve(settings: Settings, listener: socket.socket, open_backend: BackendOpener) -> None:
    """Serve until SIGTERM or SIGINT, then drain and close."""
    stop = stop_event()
    app = create_app(settings, open_backend)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=CLOSE_SECONDS)
    try:
        await runner.setup()
        server = await listen(runner, listener)
        # What exists by now lives as long as the process. Walking those 90,000 objects, a full
        # collection would stop every order for 33 ms.
        gc.collect()
        gc.freeze()
        _log.info("ready", port=settings.port, topology=settings.topology)
        await stop.wait()
        _log.info("draining", drain_seconds=settings.drain_seconds)
        server.close()
        await drain(app, settings)
    finally:
        await runner.cleanup()
    _log.info("stopped")


async def drain(app: web.Application, settings: Settings) -> None:
    """Admit no order any more, and wait until none is under way, for at most `drain_seconds`.

    Orders whose payment could not end in that time are refused before it begins; what still runs
    at the end is cut off, and a repeat or a redelivery carries on.
    """
    app[READINESS].drain()
    admissions = [app[SYNC_ORDERS].admission]
    if ASYNC_ORDERS in app:
        admissions.append(app[ASYNC_ORDERS].admission)
    for admission in admissions:
        admission.close()
    last_start_seconds = settings.drain_seconds - settings.payment_seconds - SETTLING_SECONDS
    ended = asyncio.get_running_loop().create_task(_all_empty(admissions))
    await asyncio.wait({ended}, timeout=max(0, last_start_seconds))
    if not ended.done():
        app[SYNC_ORDERS].refuse_waiting()
        await asyncio.wait({ended}, timeout=settings.drain_seconds - max(0, last_start_seconds))
    if not ended.done():
        ended.cancel()
        _log.warning("drain_ended_early", drain_seconds=settings.drain_seconds)
    await app[SYNC_ORDERS].aclose()


async def _all_empty(admissions: Sequence[Admission]) -> None:
    for admission in admissions:
        await admission.empty()


def stop_event() -> asyncio.Event:
    """Return the event that the first SIGTERM or SIGINT sets; the second ends the process."""
    stop = asyncio.Event()

    def on_signal(number: signal.Signals) -> None:
        if stop.is_set():
            _log.warning("stopped_immediately", signal=number.name)
            sys.stdout.flush()
            os._exit(1)
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal, number)
    return stop
