"""What `eager_when_quiet` changes, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from kit.micro_batcher import MicroBatcher
from tests.support.virtual_clock import now, virtual_time

LINGER_SECONDS = 0.003


class Recorder:
    """A `send` that takes its time and remembers when each batch left."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.sent: list[tuple[float, str]] = []

    async def __call__(self, items: Sequence[str]) -> list[str | Exception]:
        self.sent.append((round(now(), 6), "".join(items)))
        await asyncio.sleep(self.seconds)
        return list(items)


def eager(send: Recorder, max_in_flight: int = 2) -> MicroBatcher[str, str]:
    return MicroBatcher(
        send,
        max_items=3,
        linger_seconds=LINGER_SECONDS,
        max_in_flight=max_in_flight,
        eager_when_quiet=True,
    )


async def submit(batcher: MicroBatcher[str, str], letters: str) -> None:
    await asyncio.gather(*(batcher.submit(letter) for letter in letters))


@virtual_time
async def test_an_item_leaves_at_once_while_no_batch_is_under_way() -> None:
    send = Recorder()
    batcher = eager(send)
    await batcher.submit("a")
    await batcher.submit("b")
    assert send.sent == [(0.0, "a"), (0.0, "b")]


@virtual_time
async def test_items_that_come_together_leave_together() -> None:
    send = Recorder()
    await submit(eager(send), "ab")
    assert send.sent == [(0.0, "ab")]


@virtual_time
async def test_what_comes_during_a_call_leaves_together_when_it_returns() -> None:
    send = Recorder(seconds=LINGER_SECONDS / 2)
    batcher = eager(send)
    first = asyncio.ensure_future(batcher.submit("a"))
    await asyncio.sleep(LINGER_SECONDS / 4)
    await submit(batcher, "bc")
    await first
    assert send.sent == [(0.0, "a"), (LINGER_SECONDS / 2, "bc")]


@virtual_time
async def test_a_full_batch_leaves_though_another_is_under_way() -> None:
    send = Recorder(seconds=1)
    batcher = eager(send)
    first = asyncio.ensure_future(batcher.submit("a"))
    await asyncio.sleep(0.001)
    await submit(batcher, "bcd")
    await first
    assert send.sent == [(0.0, "a"), (0.001, "bcd")]


@virtual_time
async def test_a_call_that_does_not_return_holds_up_the_next_for_a_limited_time() -> None:
    send = Recorder(seconds=1)
    batcher = eager(send)
    first = asyncio.ensure_future(batcher.submit("a"))
    await asyncio.sleep(0.001)
    await batcher.submit("b")
    await first
    assert send.sent == [(0.0, "a"), (0.001 + LINGER_SECONDS, "b")]


@virtual_time
async def test_no_more_batches_than_allowed_are_under_way() -> None:
    send = Recorder(seconds=1)
    batcher = eager(send, max_in_flight=1)
    await submit(batcher, "abcdefg")
    assert send.sent == [(0.0, "abc"), (1.0, "def"), (2.0, "g")]
