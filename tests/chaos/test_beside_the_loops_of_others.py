"""The same trouble for the consumers that predecessors wrote, and for ours.

Theirs pay some orders twice; that they do is the point of the comparison, and that the trouble is
real. `python -m benchmarks.loops` measures all of them, docs/consumer.md has the figures.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from benchmarks.consumers import OUR_CONSUMER, OURS
from benchmarks.loops import Outcome, Trouble, busy_queue, killed, stopped
from tests.support.emulator import RunningEmulator

pytestmark = [pytest.mark.chaos, pytest.mark.integration]


def side_by_side(emulator: RunningEmulator, trouble: Trouble, *variants: str) -> Iterator[Outcome]:
    with ThreadPoolExecutor(len(variants)) as pool:
        return pool.map(lambda variant: trouble(emulator, variant), variants)


def test_messages_that_wait_in_the_process_expire_there_and_are_paid_twice(
    emulator: RunningEmulator,
) -> None:
    """Taken ten at a time and paid in a row, or taken before there is a hand for them."""
    in_a_row, before_permit, consumer, ours = side_by_side(
        emulator, busy_queue, "ten_in_a_row", "receive_before_permit", OUR_CONSUMER, OURS
    )
    assert in_a_row.paid_twice > 0
    assert before_permit.paid_twice > 0
    assert consumer.paid_twice == 0, "the consumer alone sees to it, whatever its handler does"
    assert ours.paid_twice == 0


def test_a_stop_in_the_middle_of_a_batch(emulator: RunningEmulator) -> None:
    """What is left invisible at the stop was begun, and is begun again when it is seen again."""
    whole_batch, consumer, ours = side_by_side(emulator, stopped, "whole_batch", OUR_CONSUMER, OURS)
    assert whole_batch.left_invisible > 0
    for outcome in (consumer, ours):
        assert (outcome.left_invisible, outcome.paid_twice) == (0, 0)


def test_against_kill_minus_9_only_the_ledger_helps(emulator: RunningEmulator) -> None:
    """No consumer can know what the dead one had paid: the payment's own key does."""
    whole_batch, ours = side_by_side(emulator, killed, "whole_batch", OURS)
    assert whole_batch.paid_twice > 0
    assert ours.paid_twice == 0
