from __future__ import annotations

import pytest

from adapters.aws.conflicts import CONFLICT, past_transaction
from adapters.aws.fast.errors import Refused
from tests.support.virtual_clock import now, virtual_time


class Write:
    """A write that is refused with these codes, one a call, and succeeds then."""

    def __init__(self, *codes: str) -> None:
        self._codes = list(codes)
        self.asked_at: list[float] = []

    async def __call__(self) -> str:
        self.asked_at.append(now())
        if self._codes:
            raise Refused(self._codes.pop(0), "no", status=400, request_id="", body=b"")
        return "written"


@virtual_time
async def test_a_write_that_nothing_is_in_the_way_of_is_asked_once() -> None:
    write = Write()
    assert await past_transaction(write) == "written"
    assert len(write.asked_at) == 1


@virtual_time
async def test_a_write_that_met_a_transaction_is_asked_once_more_after_a_random_pause() -> None:
    pauses = set()
    for _ in range(50):
        write = Write(CONFLICT)
        assert await past_transaction(write) == "written"
        first, second = write.asked_at
        pauses.add(round(second - first, 6))
    assert min(pauses) >= 0.02
    assert max(pauses) <= 0.12
    assert len(pauses) > 25


@virtual_time
async def test_the_second_transaction_in_the_way_is_told() -> None:
    write = Write(CONFLICT, CONFLICT)
    with pytest.raises(Refused, match=CONFLICT):
        await past_transaction(write)
    assert len(write.asked_at) == 2


@virtual_time
async def test_another_refusal_is_told_as_it_is() -> None:
    write = Write("ConditionalCheckFailedException")
    with pytest.raises(Refused, match="ConditionalCheckFailedException"):
        await past_transaction(write)
    assert len(write.asked_at) == 1
