"""Each transition of a delivery, and each that there must not be."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from sqs_consumer.delivery import NEVER, Delivery, InFlight, State
from sqs_consumer.queue import Message

TO_STATE: dict[State, tuple[Callable[[Delivery], object], ...]] = {
    State.RECEIVED: (),
    State.HANDLING: (Delivery.begin,),
    State.HANDLED: (Delivery.begin, Delivery.finish),
    State.ACKNOWLEDGING: (Delivery.begin, Delivery.finish, Delivery.acknowledge),
    State.RELEASED: (Delivery.release,),
    State.LOST: (Delivery.lose,),
    State.ENDED: (Delivery.end,),
}
LEGAL: dict[Callable[[Delivery], object], dict[State, State]] = {
    Delivery.begin: {State.RECEIVED: State.HANDLING},
    # A lost one stays lost when its cancelled handler has ended.
    Delivery.finish: {State.HANDLING: State.HANDLED, State.LOST: State.LOST},
    Delivery.acknowledge: {State.HANDLED: State.ACKNOWLEDGING, State.LOST: State.LOST},
    Delivery.release: {
        State.RECEIVED: State.RELEASED,
        State.HANDLED: State.RELEASED,
        State.LOST: State.LOST,
    },
    Delivery.lose: {
        State.RECEIVED: State.LOST,
        State.HANDLED: State.LOST,
        State.ACKNOWLEDGING: State.LOST,
        State.RELEASED: State.RELEASED,
        State.LOST: State.LOST,
        State.ENDED: State.ENDED,
    },
    Delivery.end: dict.fromkeys(State, State.ENDED),
}
# To lose one in work cancels the task that works on it: a test of its own, below.
PAIRS = [
    pytest.param(method, state, id=f"{method.__name__} when {state}")
    for method in LEGAL
    for state in State
    if (method, state) != (Delivery.lose, State.HANDLING)
]


def delivery_in(state: State) -> Delivery:
    delivery = Delivery(
        message=Message(message_id="m-1", body="{}"),
        received_at=0.0,
        expires_at=30.0,
        extend_at=10.0,
    )
    for step in TO_STATE[state]:
        step(delivery)
    assert delivery.state is state
    return delivery


@pytest.mark.parametrize(("method", "state"), PAIRS)
async def test_every_method_moves_as_told_or_refuses(
    method: Callable[[Delivery], object], state: State
) -> None:
    delivery = delivery_in(state)
    if state in LEGAL[method]:
        method(delivery)
        assert delivery.state is LEGAL[method][state]
    else:
        with pytest.raises(RuntimeError, match="m-1 cannot be"):
            method(delivery)
        assert delivery.state is state


@pytest.mark.parametrize("state", [State.RECEIVED, State.HANDLED])
async def test_a_released_message_is_not_extended_any_more(state: State) -> None:
    delivery = delivery_in(state)
    assert delivery.release()
    assert not delivery.ours
    assert not delivery.due(1e9)
    delivery.extended(expires_at=60.0, extend_at=40.0)  # the answer to one that was on the wire
    assert delivery.extend_at == NEVER


async def test_a_lost_message_is_neither_acknowledged_nor_released_nor_extended() -> None:
    delivery = delivery_in(State.LOST)
    assert not delivery.acknowledge()
    assert not delivery.release()
    assert not delivery.lose()
    assert delivery.extend_at == NEVER


async def test_losing_a_message_cancels_its_handler_and_nothing_after_it() -> None:
    delivery = delivery_in(State.RECEIVED)
    handled = asyncio.Event()

    async def handle() -> None:
        delivery.begin()
        handled.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(handle())
    await handled.wait()
    assert delivery.lose()
    await asyncio.wait([task])
    assert task.cancelled()
    delivery.finish()
    assert delivery.state is State.LOST
    assert not delivery_in(State.ACKNOWLEDGING).lose()  # there is no handler to cancel


async def test_an_extension_that_is_due_is_started_once() -> None:
    delivery = delivery_in(State.HANDLED)
    assert not delivery.due(9.9)
    assert delivery.due(10.0)
    assert not delivery.due(10.0)
    delivery.extended(expires_at=60.0, extend_at=40.0)
    assert (delivery.expires_at, delivery.extend_at) == (60.0, 40.0)


async def test_a_message_in_flight_ends_when_it_is_removed() -> None:
    in_flight, delivery = InFlight(), delivery_in(State.ACKNOWLEDGING)
    in_flight.add(delivery)
    assert list(in_flight) == [delivery]
    in_flight.remove(delivery)
    assert delivery.state is State.ENDED
    assert len(in_flight) == 0
