"""Orders that wait for their turn are told from orders that nobody will ever begin."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.ops.conftest import deployed
from tests.integration.ops.ward import Commands, Ward, announcement, done_about

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    with deployed("async", tmp_path_factory.mktemp("async")) as ward:
        yield ward


def test_orders_that_wait_in_the_queue_are_left_alone_unless_forced(
    ward: Ward, lab: Commands
) -> None:
    stock = ward.stock()
    with ward.processor_held():
        waiting = ward.put_orders(3, age=400)
        ward.send("queue_url", *map(announcement, waiting))
        # Older than what is settled by now: others have overtaken it, so it is not waiting.
        overtaken = ward.put_orders(1)
        ward.put_order(newest := "newest-that-was-begun", age=350, leased_until=3600)
        code, told = lab("reconcile")
        assert code == 0
        assert done_about(told) == {
            **dict.fromkeys(waiting, "left"),
            **dict.fromkeys(overtaken, "republished"),
        }
        assert "the queue holds 3 messages: orders left alone are probably among them" in lab.said
        _, told = lab("reconcile", "--force")
        assert set(done_about(told).values()) == {"republished"}
    ward.assert_paid_once(waiting + overtaken, stock)
    assert ward.statuses([newest]) == {"PROCESSING": 1}
