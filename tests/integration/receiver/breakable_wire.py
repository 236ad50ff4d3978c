"""A TCP relay in front of the emulator that can be cut and mended."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class BreakableWire:
    """Relays bytes to `target_port`; while it is cut, connections are dropped and refused.

    Requests that contain what `hold` was told never arrive; later ones do after `release`.
    """

    def __init__(self, target_port: int) -> None:
        self.port = 0
        self._target_port = target_port
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self._relays: set[asyncio.Task[None]] = set()
        self._ends: set[asyncio.StreamWriter] = set()
        self._held: bytes | None = None

    @contextmanager
    def running(self) -> Iterator[BreakableWire]:
        """Relay until the block ends."""
        thread = threading.Thread(target=self._loop.run_forever)
        thread.start()
        try:
            self.mend()
            yield self
            self.cut()
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join()
            self._loop.close()

    def hold(self, words: bytes) -> None:
        """Let no request with these words in it arrive from now on."""
        self._held = words

    def release(self) -> None:
        """Let every request arrive from now on; what was held is lost."""
        self._held = None

    def mend(self) -> None:
        """Listen, on the same port as before, and let every request arrive."""
        self.release()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()

    def cut(self) -> None:
        """Drop every connection and refuse new ones."""
        asyncio.run_coroutine_threadsafe(self._drop(), self._loop).result()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._relay, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _drop(self) -> None:
        if self._server is not None:
            self._server.close()
        for relay in self._relays:
            relay.cancel()
        await asyncio.gather(*self._relays, return_exceptions=True)
        while self._ends:
            self._ends.pop().transport.abort()
        await asyncio.sleep(0)  # the loop tells each transport that it has ended

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._relays.add(task)
        ends = [writer]
        try:
            back, forth = await asyncio.open_connection("127.0.0.1", self._target_port)
            ends.append(forth)
            self._ends.update(ends)
            async with asyncio.TaskGroup() as pumps:
                pumps.create_task(self._pump(reader, forth))
                pumps.create_task(self._pump(back, writer))
        except* ConnectionError:
            pass
        finally:
            for end in ends:
                end.close()
            self._relays.discard(task)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while chunk := await source.read(65536):
            if self._held and self._held in chunk:
                await asyncio.Event().wait()
            sink.write(chunk)
            await sink.drain()
        sink.close()
