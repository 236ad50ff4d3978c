from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future

import pytest

from tests.unit.lab.load.fake_receiver import FakeReceiver, serve


@pytest.fixture
def receiver() -> Iterator[FakeReceiver]:
    receiver = FakeReceiver()
    ready: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()
    thread = threading.Thread(target=lambda: asyncio.run(serve(receiver, ready)))
    thread.start()
    loop, stop = ready.result(timeout=10)
    yield receiver
    loop.call_soon_threadsafe(stop.set)
    thread.join(timeout=10)
