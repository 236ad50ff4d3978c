"""Open orders are published on the topic again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ops.calls import RateLimit, Unanswered
from ops.open_orders import Action, Outcome
from ops.republish import Republisher, Topic
from orders.message import decode_order_placed
from tests.support.fake_aws.wire import Fault, Wire
from tests.support.operator_aws import OperatorAws
from tests.unit.ops.stacks import open_orders


@pytest.fixture
def aws() -> Iterator[OperatorAws]:
    world = OperatorAws()
    yield world
    world.close()


def republish(aws: OperatorAws, count: int, wire: Wire, rate: float = 100) -> list[Outcome]:
    heard, done = aws.queue("heard"), list[Outcome]()
    limit = RateLimit(rate, clock=aws.loop.time, sleep=aws.sleep)
    republisher = Republisher(Topic(aws.sns(wire), aws.topic("orders", heard)), limit)
    try:
        republisher.retry(open_orders(count), done.append)
    finally:
        republished = [each.order.order_id for each in done if each.action is Action.REPUBLISHED]
        told = [decode_order_placed(message.body).order_id for message in heard.messages]
        assert set(told) >= set(republished)
    return done


def test_every_order_is_republished_in_batches_of_ten(aws: OperatorAws) -> None:
    wire = Wire()
    done = republish(aws, 23, wire)
    assert [each.action for each in done] == [Action.REPUBLISHED] * 23
    assert wire.calls == ["PublishBatch"] * 3


def test_republishing_keeps_the_rate(aws: OperatorAws) -> None:
    republish(aws, 10, Wire(), rate=2)
    assert aws.loop.time() == pytest.approx(4.0)


def test_an_order_that_sns_refuses_is_told_with_the_reason(aws: OperatorAws) -> None:
    wire = Wire()
    wire.refuse_entries("PublishBatch", {1: "InvalidParameter"})
    done = republish(aws, 3, wire)
    assert [each.action for each in done] == [Action.REPUBLISHED, Action.FAILED, Action.REPUBLISHED]
    assert done[1].told == "InvalidParameter: as planned"


def test_an_outage_ends_it_and_what_was_republished_is_known(aws: OperatorAws) -> None:
    done: list[Outcome] = []
    topic = Topic(aws.sns(Wire(faults={1: Fault.BROKEN})), aws.topic("orders"))
    with pytest.raises(Unanswered, match="publishing to arn:aws:sns"):
        Republisher(topic, RateLimit(100, sleep=lambda _: None)).retry(open_orders(25), done.append)
    assert len(done) == 10
