"""Recovery after failures in the async topology, while the stack is up."""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from ops.calls import RateLimit, Unanswered
from ops.dead_letters import NO_REASON, DeadLetterQueue
from ops.redrive import Redrive, Tally
from ops.redrive_routes import ToQueue
from tests.integration.ops.conftest import deployed
from tests.integration.ops.ward import Commands, Ward, announcement, done_about
from tests.support.queue_shop import until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    with deployed("async", tmp_path_factory.mktemp("async")) as ward:
        yield ward


@pytest.fixture(autouse=True)
def _nothing_waits(ward: Ward) -> None:
    # A second announcement of an order in work comes again after its lease.
    until(lambda: ward.messages("queue_url") == (0, 0))


def test_stuck_orders_are_settled_once_however_often_it_is_reconciled(
    ward: Ward, lab: Commands
) -> None:
    stock = ward.stock()
    unpublished = ward.put_orders(20) + ward.put_orders(3, shards=20)  # since lowered
    abandoned = ward.put_orders(4, leased_until=-3600, shards=20)
    ward.charge(abandoned[0])
    with ward.processor_held():
        code, told = lab("reconcile")
        assert code == 0
        assert done_about(told) == dict.fromkeys(unpublished + abandoned, "republished")
        assert {order["why"] for order in told["orders"]} == {"no_message", "lease_ended"}
        code, told = lab("reconcile", "--force")
        assert code == 0
        assert done_about(told) == dict.fromkeys(unpublished + abandoned, "republished")
    ward.assert_paid_once(unpublished + abandoned, stock)
    code, told = lab("reconcile")
    assert (code, told["orders"]) == (0, [])
    assert "no order has been stuck for more than 5 min" in lab.said


def test_orders_that_are_young_or_in_work_are_left_alone(ward: Ward, lab: Commands) -> None:
    fresh = ward.put_orders(1, age=0)
    in_work = ward.put_orders(1, leased_until=3600)
    just_ended = ward.put_orders(1, leased_until=-10)
    assert lab("reconcile", "--dry-run")[1]["orders"] == []
    _, told = lab("reconcile", "--dry-run", "--older-than", "5")
    assert done_about(told) == dict.fromkeys(just_ended, "none")
    _, told = lab("reconcile", "--dry-run", "--older-than", "0")
    assert done_about(told) == dict.fromkeys(just_ended + fresh, "none")
    assert "2 would be retried" in lab.said
    assert ward.statuses(fresh + in_work + just_ended) == {"PENDING": 1, "PROCESSING": 2}
    lab("reconcile", "--older-than", "0")
    until(lambda: ward.statuses(fresh + just_ended) == {"COMPLETED": 2})
    assert ward.statuses(in_work) == {"PROCESSING": 1}


def test_dead_letters_go_back_by_reason_and_what_is_still_poison_stays(
    ward: Ward, lab: Commands
) -> None:
    stock = ward.stock()
    late = ["late-1", "late-2"]
    ward.send("queue_url", "no json", "no json", '{"schema":9,"order_id":"1"}')
    ward.send("queue_url", *map(announcement, late))
    until(lambda: ward.messages("dlq_url") == (5, 0))

    code, told = lab("redrive", "--dry-run", "--reason", "DOES NOT EXIST")
    assert code == 0
    assert told["matching"] == {"order ... does not exist": 2}
    assert sum(told["left"].values()) == 5
    assert "2 of 5 messages with 'DOES NOT EXIST' in the reason would be moved" in lab.said
    assert ward.messages("dlq_url") == (5, 0)

    for order_id in late:
        ward.put_order(order_id)
    code, told = lab("redrive", "--reason", "does not exist")
    assert code == 0
    assert told["moved"] == {"order ... does not exist": 2}
    ward.assert_paid_once(late, stock)
    assert ward.messages("dlq_url") == (3, 0)

    code, told = lab("redrive")
    assert code == 0
    assert sum(told["moved"].values()) == 3
    until(lambda: ward.messages("dlq_url") == (3, 0))
    _, told = lab("redrive", "--dry-run")
    assert sorted(told["left"].values()) == [1, 2]
    assert all(kind.startswith("unreadable: ") for kind in told["left"])


def test_an_order_whose_dead_letter_is_sent_and_not_deleted_is_paid_once(
    ward: Ward, lab: Commands
) -> None:
    stock, dead = ward.stock(), ward.messages("dlq_url")[0]
    orders = ward.put_orders(3)
    ward.send("dlq_url", *map(announcement, orders))
    queue, route = ward.outputs["dlq_url"], ToQueue(ward.sqs, ward.outputs["queue_url"])
    cut_off = DeadLetterQueue(CutOff(ward.sqs), queue)
    redrive = Redrive(cut_off, route, RateLimit(100), wanted=lambda each: each.reason == NO_REASON)
    with pytest.raises(Unanswered):
        redrive.run(Tally(), lambda *_: None)
    assert ward.messages("dlq_url") == (dead + 3, 0)
    code, told = lab("redrive", "--reason", NO_REASON)
    assert (code, told["moved"]) == (0, {NO_REASON: 3})
    ward.assert_paid_once(orders, stock)


class CutOff:
    """A client whose connection breaks before its first delete."""

    def __init__(self, sqs: Any) -> None:
        self._sqs = sqs

    def delete_message_batch(self, **_: Any) -> None:
        raise ConnectionError

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sqs, name)


def test_an_interrupt_between_two_batches_is_told_with_what_was_done(
    ward: Ward, lab: Commands
) -> None:
    stock = ward.stock()
    orders = ward.put_orders(20)

    def interrupt() -> None:
        until(lambda: ward.statuses(orders)["COMPLETED"])
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt).start()
    code, told = lab("reconcile", "--rate", "1")
    assert code == 130
    assert told["interrupted"] is True
    done = Counter(done_about(told).values())
    assert done["republished"] + done["none"] == 20
    assert done["republished"] >= 1
    assert done["none"] >= 1
    assert "interrupted; what was done until then stays done" in lab.said
    assert f"{done['republished']} republished, {done['none']} not reached" in lab.said
    lab("reconcile", "--force")
    ward.assert_paid_once(orders, stock)
