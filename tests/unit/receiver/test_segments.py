"""However a client's bytes are cut into segments, and wherever they end: the same answers."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable
from itertools import pairwise

import pytest
import uvloop

from tests.unit.receiver.fakes import Receiver, running_receiver
from tests.unit.receiver.wire import (
    BROKEN,
    LOOK,
    ORDER,
    PLACE,
    PLACE_CHUNKED,
    POST,
    statuses,
    until_closed,
)

pytestmark = pytest.mark.socket

MIXTURES = 60
CONNECTIONS = 8
REFUSED = POST.replace(b"json", b"xml") + b"Content-Length: %d\r\n\r\n" % len(ORDER) + ORDER
NOWHERE = LOOK.replace(b"/health", b"/nowhere")
EXPECTING = PLACE.replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n")
BROKEN_CHUNK = POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\nzz\r\n"
WHOLE = {LOOK: 200, PLACE: 202, PLACE_CHUNKED: 202, REFUSED: 415, NOWHERE: 404}
LAST = {b"": None, BROKEN: 400, BROKEN_CHUNK: 400, PLACE[:-1]: 400, LOOK[:-1]: None}

# A client's segments and the statuses that answer them.
Conversation = tuple[list[bytes], list[int]]
Answers = list[tuple[list[int], list[int]]]

both_loops = pytest.mark.parametrize(
    "new_loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"]
)


def on(
    new_loop: Callable[[], asyncio.AbstractEventLoop],
    conversations: Iterable[Conversation],
) -> Answers:
    """Hold the conversations, some concurrently, and return answers beside expectations."""
    with asyncio.Runner(loop_factory=new_loop) as runner:
        return runner.run(_hold(list(conversations)))


async def _hold(conversations: list[Conversation]) -> Answers:
    slots = asyncio.Semaphore(CONNECTIONS)

    async def hold(receiver: Receiver, segments: list[bytes], expected: list[int]) -> None:
        async with slots:
            answer = await until_closed(receiver, segments, end=True)
        found = [status for status in statuses(answer) if status != 100]
        answers.append((found, expected))

    answers: Answers = []
    async with running_receiver() as receiver, asyncio.TaskGroup() as clients:
        for segments, expected in conversations:
            clients.create_task(hold(receiver, segments, expected))
    return answers


def cut(sent: bytes, *places: int) -> list[bytes]:
    """Return `sent` in pieces that end at `places`."""
    return [sent[start:end] for start, end in pairwise([0, *sorted(places), len(sent)])]


@both_loops
@pytest.mark.parametrize(
    "request_bytes", [PLACE, PLACE_CHUNKED, EXPECTING], ids=["length", "chunked", "expecting"]
)
def test_an_order_may_be_cut_at_every_byte(
    new_loop: Callable[[], asyncio.AbstractEventLoop], request_bytes: bytes
) -> None:
    places = range(1, len(request_bytes))
    for found, expected in on(
        new_loop, ((cut(request_bytes + LOOK, place), [202, 200]) for place in places)
    ):
        assert found == expected


@both_loops
def test_an_order_may_come_byte_by_byte(new_loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    sent = PLACE + PLACE_CHUNKED + LOOK
    ((found, expected),) = on(new_loop, [(cut(sent, *range(1, len(sent))), [202, 202, 200])])
    assert found == expected


def answers_to(sent: bytes) -> list[int]:
    """What the beginning of `LOOK + PLACE` is answered with when nothing follows it."""
    if len(sent) < len(LOOK):
        return []
    if sent == LOOK + PLACE:
        return [200, 202]
    return [200, 400] if len(sent) >= len(LOOK + PLACE) - len(ORDER) else [200]


@both_loops
def test_the_input_may_end_at_every_byte(new_loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    sent = LOOK + PLACE
    beginnings = [sent[:end] for end in range(len(sent) + 1)]
    for found, expected in on(new_loop, (([each], answers_to(each)) for each in beginnings)):
        assert found == expected


@both_loops
def test_mixtures_are_answered_in_order_until_what_is_broken(
    new_loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    dice = random.Random(6)  # noqa: S311 - the same mixtures in every run
    for found, expected in on(new_loop, (mixture(dice) for _ in range(MIXTURES))):
        assert found == expected


def mixture(dice: random.Random) -> Conversation:
    """Whole requests, perhaps something broken behind them, in a few segments."""
    requests = dice.choices(list(WHOLE), k=dice.randrange(1, 50))
    last = dice.choice(list(LAST))
    sent = b"".join(requests) + last
    status = LAST[last]
    expected = [WHOLE[request] for request in requests] + ([] if status is None else [status])
    places = {dice.randrange(1, len(sent)) for _ in range(dice.randrange(6))}
    return cut(sent, *places), expected
