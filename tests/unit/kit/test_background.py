from __future__ import annotations

import asyncio

import pytest

from kit.background import running
from tests.support.virtual_clock import virtual_time


@virtual_time
async def test_work_goes_on_beside_the_block_and_ends_with_it() -> None:
    ticks: list[str] = []

    async def work() -> None:
        try:
            while True:
                await asyncio.sleep(1)
                ticks.append("tick")
        finally:
            ticks.append("ended")

    async def fail_beside_it() -> None:
        async with running(work()):
            await asyncio.sleep(2.5)
            raise ValueError("of the block")

    with pytest.raises(ValueError, match="of the block"):
        await fail_beside_it()
    assert ticks == ["tick", "tick", "ended"]
