"""Batches, in virtual time: lingering costs nothing, and a hang is a failure at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.micro_batcher import BatcherClosed, BatcherFull, MicroBatcher
from tests.support.virtual_clock import now, run, virtual_time

LINGER_SECONDS = 0.003
SEND_SECONDS = 1.0


class Recorder:
    """A `send` that takes its time and answers each item with its text in upper case."""

    def __init__(self, *, seconds: float = SEND_SECONDS) -> None:
        self.seconds = seconds
        self.batches: list[list[str]] = []
        self.sent_at: list[float] = []
        self.under_way = 0
        self.most_under_way = 0

    async def __call__(self, items: Sequence[str]) -> list[str | Exception]:
        self.batches.append(list(items))
        self.sent_at.append(now())
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        await asyncio.sleep(self.seconds)
        self.under_way -= 1
        return [item.upper() for item in items]


Send = Callable[[Sequence[str]], Awaitable[Sequence[str | Exception]]]


def batcher(
    send: Send,
    *,
    max_items: int = 3,
    max_bytes: int | None = None,
    max_in_flight: int = 4,
    max_waiting: int = 100,
) -> MicroBatcher[str, str]:
    return MicroBatcher(
        send,
        max_items=max_items,
        max_bytes=max_bytes,
        size_of=len,
        linger_seconds=LINGER_SECONDS,
        max_in_flight=max_in_flight,
        max_waiting=max_waiting,
    )


async def submit_all(subject: MicroBatcher[str, str], items: Sequence[str]) -> list[str]:
    return await asyncio.gather(*(subject.submit(item) for item in items))


def timers() -> int:
    """Count the timers that the running loop still holds."""
    scheduled = asyncio.get_running_loop()._scheduled  # type: ignore[attr-defined]
    return sum(1 for handle in scheduled if not handle.cancelled())


@virtual_time
async def test_a_full_batch_leaves_at_once() -> None:
    send = Recorder()
    assert await submit_all(batcher(send), ["a", "b", "c"]) == ["A", "B", "C"]
    assert send.batches == [["a", "b", "c"]]
    assert send.sent_at == [0.0]


@virtual_time
async def test_a_batch_that_is_not_full_leaves_when_its_first_item_has_lingered() -> None:
    send = Recorder()
    subject = batcher(send)
    first = asyncio.create_task(subject.submit("a"))
    await asyncio.sleep(LINGER_SECONDS * 0.7)
    assert await subject.submit("b") == "B"
    await first
    assert send.batches == [["a", "b"]]
    assert send.sent_at == [pytest.approx(LINGER_SECONDS)]


@virtual_time
async def test_a_batch_is_full_by_bytes_too() -> None:
    send = Recorder()
    await submit_all(batcher(send, max_items=99, max_bytes=10), ["aaaa", "bbbb", "cc"])
    assert send.batches == [["aaaa", "bbbb", "cc"]]
    assert send.sent_at == [0.0]


@virtual_time
async def test_an_item_that_does_not_fit_any_more_travels_in_the_next_batch() -> None:
    send = Recorder()
    await submit_all(batcher(send, max_bytes=10), ["aaaa", "bbbb", "cccc"])
    assert send.batches == [["aaaa", "bbbb"], ["cccc"]]
    assert send.sent_at == [0.0, pytest.approx(LINGER_SECONDS)]


@virtual_time
async def test_an_item_above_the_limit_travels_alone() -> None:
    send = Recorder()
    await submit_all(batcher(send, max_items=9, max_bytes=10), ["a", "B" * 30, "c", "d"])
    assert send.batches == [["a"], ["B" * 30], ["c", "d"]]


@virtual_time
async def test_the_bound_on_batches_under_way_holds_and_what_waits_fills_the_next() -> None:
    send = Recorder()
    subject = batcher(send, max_items=2, max_in_flight=2)
    await submit_all(subject, [str(n) for n in range(9)])
    assert send.most_under_way == 2
    assert [len(batch) for batch in send.batches] == [2, 2, 2, 2, 1]
    assert send.sent_at == [0, 0, SEND_SECONDS, SEND_SECONDS, 2 * SEND_SECONDS]


@virtual_time
async def test_an_item_that_lingered_while_no_place_was_free_takes_the_first_one() -> None:
    send = Recorder()
    subject = batcher(send, max_in_flight=1)
    full = asyncio.create_task(submit_all(subject, ["a", "b", "c"]))
    await asyncio.sleep(LINGER_SECONDS)
    assert await subject.submit("d") == "D"
    await full
    assert send.sent_at == [0.0, SEND_SECONDS]


@virtual_time
async def test_a_failed_item_fails_its_own_caller_only() -> None:
    async def send(items: Sequence[str]) -> list[str | Exception]:
        return [KeyError(item) if item == "b" else item for item in items]

    results = await asyncio.gather(
        *(batcher_of.submit(item) for batcher_of in [batcher(send)] for item in "abc"),
        return_exceptions=True,
    )
    assert results[0::2] == ["a", "c"]
    assert isinstance(results[1], KeyError)


@virtual_time
async def test_a_send_that_raises_fails_its_batch_and_not_the_next() -> None:
    calls = 0

    async def send(items: Sequence[str]) -> list[str | Exception]:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise OSError("cut off")
        return list(items)

    subject = batcher(send, max_items=2)
    results = await asyncio.gather(
        *(subject.submit(item) for item in "abcd"), return_exceptions=True
    )
    assert all(isinstance(result, OSError) for result in results[:2])
    assert results[2:] == ["c", "d"]


@pytest.mark.parametrize("answers", [0, 1, 3])
@virtual_time
async def test_a_wrong_number_of_answers_is_given_to_nobody(answers: int) -> None:
    async def send(_: Sequence[str]) -> list[str | Exception]:
        return ["mine?"] * answers

    subject = batcher(send, max_items=2)
    results = await asyncio.gather(subject.submit("a"), subject.submit("b"), return_exceptions=True)
    assert all(isinstance(result, RuntimeError) for result in results)


@virtual_time
async def test_a_cancelled_caller_changes_nothing_for_the_others() -> None:
    send = Recorder()
    subject = batcher(send)
    tasks = [asyncio.create_task(subject.submit(item)) for item in "abc"]
    await asyncio.sleep(SEND_SECONDS / 2)
    tasks[1].cancel()
    assert [await tasks[0], await tasks[2]] == ["A", "C"]
    assert tasks[1].cancelled()


@virtual_time
async def test_an_item_whose_caller_is_cancelled_before_it_left_is_sent_all_the_same() -> None:
    send = Recorder()
    subject = batcher(send)
    task = asyncio.create_task(subject.submit("a"))
    await asyncio.sleep(0)
    task.cancel()
    assert await subject.submit("b") == "B"
    assert send.batches == [["a", "b"]]


@virtual_time
async def test_a_full_batcher_pushes_back_and_takes_items_again_later() -> None:
    send = Recorder()
    subject = batcher(send, max_items=2, max_in_flight=1, max_waiting=3)
    tasks = [asyncio.create_task(subject.submit(item)) for item in "abcde"]
    await asyncio.sleep(0)
    with pytest.raises(BatcherFull):
        await subject.submit("f")
    await asyncio.sleep(SEND_SECONDS * 1.5)
    assert await subject.submit("g") == "G"
    assert await asyncio.gather(*tasks) == ["A", "B", "C", "D", "E"]


@virtual_time
async def test_closing_sends_what_waits_and_awaits_what_is_under_way() -> None:
    send = Recorder()
    subject = batcher(send, max_in_flight=1)
    tasks = [asyncio.create_task(subject.submit(item)) for item in "abcde"]
    await asyncio.sleep(0)
    await subject.aclose()
    assert now() == 2 * SEND_SECONDS  # no lingering
    assert [task.result() for task in tasks] == ["A", "B", "C", "D", "E"]
    assert timers() == 0


@virtual_time
async def test_a_closed_batcher_takes_nothing_and_closes_again_in_peace() -> None:
    send = Recorder()
    subject = batcher(send)
    await asyncio.gather(subject.aclose(), subject.aclose())
    with pytest.raises(BatcherClosed):
        await subject.submit("a")
    assert send.batches == []


@virtual_time
async def test_no_timer_is_left_when_nothing_waits() -> None:
    send = Recorder(seconds=0)
    subject = batcher(send)
    await submit_all(subject, ["a", "b", "c"])
    assert timers() == 0
    await subject.submit("d")
    assert timers() == 0


@virtual_time
async def test_callers_are_told_when_the_sending_itself_is_cancelled() -> None:
    send = Recorder()
    subject = batcher(send, max_items=1)
    caller = asyncio.create_task(subject.submit("a"))
    await asyncio.sleep(SEND_SECONDS / 2)
    (sending,) = subject._in_flight
    sending.cancel()
    with pytest.raises(BatcherClosed):
        await caller


arrivals = st.lists(
    st.tuples(st.floats(0, 0.01), st.integers(min_value=1, max_value=12)), max_size=40
)


@given(
    arrivals=arrivals,
    max_items=st.integers(1, 5),
    max_in_flight=st.integers(1, 3),
    seconds=st.sampled_from([0.0, 0.001, 0.01]),
)
def test_every_item_is_sent_once_within_the_limits_and_answered_with_its_own(
    arrivals: list[tuple[float, int]], max_items: int, max_in_flight: int, seconds: float
) -> None:
    async def play() -> None:
        send = Recorder(seconds=seconds)
        subject = batcher(send, max_items=max_items, max_bytes=10, max_in_flight=max_in_flight)

        async def call(number: int, pause: float, size: int) -> None:
            await asyncio.sleep(pause)
            item = f"{number:02}".ljust(size, "x")
            assert await subject.submit(item) == item.upper()

        await asyncio.gather(*(call(n, *arrival) for n, arrival in enumerate(arrivals)))
        sent = [item for batch in send.batches for item in batch]
        assert sorted(item[:2] for item in sent) == [f"{n:02}" for n in range(len(arrivals))]
        assert all(len(batch) <= max_items for batch in send.batches)
        assert all(len(b) == 1 or sum(map(len, b)) <= 10 for b in send.batches)
        assert send.most_under_way <= max_in_flight
        assert timers() == 0

    run(play())
