"""What `eager_when_quiet` changes, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from adapters.micro_batcher import MicroBatcher
from tests.support.virtual_clock import now, virtual_time

LINGER_SECONDS = 0.003


class Recorder:
    """A `send` that remembers when each batch left."""

    def __init__(self) -> None:
        self.sent: list[tuple[float, list[str]]] = []

    async def __call__(self, items: Sequence[str]) -> list[str | Exception]:
        self.sent.append((now(), list(items)))
        return list(items)


def eager(send: Recorder) -> MicroBatcher[str, str]:
    return MicroBatcher(send, max_items=9, linger_seconds=LINGER_SECONDS, eager_when_quiet=True)


@virtual_time
async def test_an_item_after_a_quiet_spell_leaves_at_once() -> None:
    send = Recorder()
    batcher = eager(send)
    await batcher.submit("a")
    await asyncio.sleep(1)
    await batcher.submit("b")
    assert send.sent == [(0.0, ["a"]), (1.0, ["b"])]


@virtual_time
async def test_items_that_come_together_leave_together() -> None:
    send = Recorder()
    batcher = eager(send)
    await asyncio.gather(*(batcher.submit(item) for item in "abc"))
    assert send.sent == [(0.0, ["a", "b", "c"])]


@virtual_time
async def test_an_item_soon_after_another_lingers_for_company() -> None:
    send = Recorder()
    batcher = eager(send)
    await batcher.submit("a")
    await asyncio.sleep(0.001)
    second = asyncio.ensure_future(batcher.submit("b"))
    await asyncio.sleep(0.001)
    await asyncio.gather(second, batcher.submit("c"))
    assert send.sent == [(0.0, ["a"]), (0.001 + LINGER_SECONDS, ["b", "c"])]
