from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future

import pytest

from tests.unit.lab.load.fake_receiver import Shop, serve


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = Shop()
    ready: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()
    thread = threading.Thread(target=lambda: asyncio.run(serve(shop, ready)))
    thread.start()
    loop, stop = ready.result(timeout=10)
    yield shop
    loop.call_soon_threadsafe(stop.set)
    thread.join(timeout=10)
