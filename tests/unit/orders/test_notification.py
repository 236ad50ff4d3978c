from __future__ import annotations

import json

import pytest

from orders.model import FailureReason, OrderStatus
from orders.notification import (
    OrderSettled,
    UnreadableNotification,
    decode_order_settled,
    encode_order_settled,
)

SETTLED = OrderSettled(
    order_id="o-1",
    customer_id="7",
    status=OrderStatus.FAILED,
    total_cents=500,
    failure_reason=FailureReason.PAYMENT_DECLINED,
)


def test_what_is_sent_is_what_is_read() -> None:
    assert decode_order_settled(encode_order_settled(SETTLED)) == SETTLED


def test_fields_of_newer_senders_are_left_aside() -> None:
    newer = {**json.loads(encode_order_settled(SETTLED)), "currency": "EUR"}
    assert decode_order_settled(json.dumps(newer)) == SETTLED


@pytest.mark.parametrize(
    "changes",
    [
        {"schema": 2},
        {"status": "PENDING"},
        {"status": "LOST"},
        {"order_id": "a b"},
        {"total_cents": "5"},
    ],
)
def test_what_is_none_is_refused(changes: dict[str, object]) -> None:
    body = json.dumps({**json.loads(encode_order_settled(SETTLED)), **changes})
    with pytest.raises(UnreadableNotification):
        decode_order_settled(body)


@pytest.mark.parametrize("body", ["", "no json", "[]", "{}", "[" * 100_000])
def test_what_is_no_notification_at_all_is_refused(body: str) -> None:
    with pytest.raises(UnreadableNotification):
        decode_order_settled(body)
