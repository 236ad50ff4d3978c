"""Recovery after failures in the serverless topology, while the stack is up."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.ops.conftest import deployed
from tests.integration.ops.ward import Commands, Ward, announcement, done_about
from tests.support.queue_shop import until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    with deployed("serverless", tmp_path_factory.mktemp("serverless")) as ward:
        yield ward


def test_stuck_orders_are_republished_to_the_function(ward: Ward, lab: Commands) -> None:
    stock = ward.stock()
    orders = ward.put_orders(5) + ward.put_orders(2, leased_until=-3600)
    for _ in range(2):
        code, _ = lab("reconcile")
        assert code == 0
    ward.assert_paid_once(orders, stock)
    assert lab("reconcile")[1]["orders"] == []


def test_an_event_that_the_function_gave_up_is_published_again(ward: Ward, lab: Commands) -> None:
    stock = ward.stock()
    sns = ward.stack.client("sns")
    sns.publish(TopicArn=ward.outputs["topic_arn"], Message=announcement("late"))
    until(lambda: ward.messages("dlq_url") == (1, 0))
    ward.send("dlq_url", "what somebody wrote by hand")

    _, told = lab("redrive", "--dry-run")
    (kind,) = [each for each in told["left"] if each.startswith("RetriesExhausted: ")]

    ward.put_order("late")
    code, told = lab("redrive")
    assert code == 2
    assert told["moved"] == {kind: 1}
    assert told["failed"] == {"not a record of an event that the function failed on": 1}
    assert "1 message not moved: not a record of an event" in lab.said
    ward.assert_paid_once(["late"], stock)
    assert ward.messages("dlq_url") == (1, 0)


def test_reconciling_a_dry_run_changes_nothing(ward: Ward, lab: Commands) -> None:
    orders = ward.put_orders(1)
    code, told = lab("reconcile", "--dry-run")
    assert code == 0
    assert done_about(told) == dict.fromkeys(orders, "none")
    assert ward.statuses(orders) == {"PENDING": 1}
