from __future__ import annotations

from collections.abc import Sequence

import msgspec

from adapters.aws.entries import ATTEMPTS, send_all, send_entries
from adapters.aws.fast.errors import NoAnswer
from tests.support.virtual_clock import virtual_time


class Refused(msgspec.Struct, frozen=True):
    code: str
    message: str = "as planned"
    sender_fault: bool = False


class Service:
    """Refuses what it is told to, so often."""

    def __init__(self, **refusals: list[Refused]) -> None:
        self.batches: list[list[str]] = []
        self._refusals = refusals

    async def send(self, batch: Sequence[str]) -> list[Refused | None]:
        self.batches.append(list(batch))
        return [self._next(entry) for entry in batch]

    def _next(self, entry: str) -> Refused | None:
        planned = self._refusals.get(entry)
        return planned.pop(0) if planned else None


@virtual_time
async def test_an_entry_that_the_service_failed_is_tried_again_alone() -> None:
    service = Service(b=[Refused("InternalError")])
    assert await send_entries("queue", ["a", "b", "c"], service.send) == [None, None, None]
    assert service.batches == [["a", "b", "c"], ["b"]]


@virtual_time
async def test_what_is_the_senders_fault_is_not_tried_again() -> None:
    service = Service(b=[Refused("InvalidMessageContents", sender_fault=True)])
    first, second = await send_entries("queue", ["a", "b"], service.send)
    assert first is None
    assert str(second) == "queue: InvalidMessageContents: as planned"
    assert len(service.batches) == 1


@virtual_time
async def test_an_entry_that_is_never_taken_is_given_up() -> None:
    service = Service(a=[Refused("InternalError")] * ATTEMPTS)
    (problem,) = await send_entries("topic", ["a"], service.send)
    assert str(problem) == "topic: InternalError: as planned"
    assert len(service.batches) == ATTEMPTS


@virtual_time
async def test_many_entries_travel_in_tens_and_a_failed_call_is_its_own_entries_fault() -> None:
    entries = [str(number) for number in range(25)]

    async def send(batch: Sequence[str]) -> list[Refused | None]:
        if "10" in batch:
            raise NoAnswer("gone", sent=True)
        return [None] * len(batch)

    results = await send_all("queue", entries, send)
    assert [entry for entry, result in zip(entries, results, strict=True) if result] == [
        str(number) for number in range(10, 20)
    ]


@virtual_time
async def test_nothing_is_sent_where_there_is_nothing() -> None:
    service = Service()
    assert await send_all("queue", [], service.send) == []
    assert service.batches == []
