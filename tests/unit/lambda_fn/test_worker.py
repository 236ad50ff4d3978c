from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from adapters.settings import FulfilmentSettings
from lambda_fn.worker import Worker
from orders.message import UnreadableMessage
from tests.support.fake_aws.cloud import VARIABLES

SETTINGS = FulfilmentSettings(
    region="us-west-2",
    orders_table="orders",
    payments_table="payments",
    products_table="products",
    payment_seconds=0.0,
    lease_seconds=30.0,
    status_shards=10,
    log_level="INFO",
)


@pytest.fixture
def worker() -> Iterator[Worker]:
    """Return one that gets no further than reading its messages."""
    worker = Worker(SETTINGS, VARIABLES)
    yield worker
    worker.close()


def test_what_one_record_fails_with_is_raised_as_it_is(worker: Worker) -> None:
    """Lambda keeps type and text with the event: `redrive --reason` finds it by them."""
    with pytest.raises(UnreadableMessage, match=r"^schema 7 is not 1$"):
        worker.fulfil(['{"schema":7,"order_id":"a"}'])


def test_what_several_records_fail_with_is_told_once_a_kind(worker: Worker) -> None:
    seventh = '{"schema":7,"order_id":"a"}'
    with pytest.raises(ExceptionGroup) as caught:
        worker.fulfil([seventh, seventh, '{"schema":8,"order_id":"a"}'])
    assert len(caught.value.exceptions) == 3
    assert caught.value.message == (
        "UnreadableMessage: schema 7 is not 1; UnreadableMessage: schema 8 is not 1"
    )


def test_environments_of_one_snapshot_do_not_draw_the_same_pauses() -> None:
    """`random` is seeded with its import, which is what a snapshot holds."""
    draws = []
    for _ in range(2):
        random.seed(4711)
        Worker(SETTINGS, VARIABLES).close()
        draws.append(random.random())  # noqa: S311 - pauses are no secrets
    assert draws[0] != draws[1]
