from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.message import UnreadableMessage, encode_order_placed
from processor.handler import MAX_CHARACTERS, read_announcement


def wrapped(message: str, **changes: object) -> str:
    envelope = {
        "Type": "Notification",
        "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
        "TopicArn": "arn:aws:sns:us-west-2:123456789012:order-processing-events",
        "Message": message,
        "Timestamp": "2024-05-02T00:54:06.655Z",
        "SignatureVersion": "1",
    }
    return json.dumps({**envelope, **changes})


def test_a_raw_announcement_is_read() -> None:
    assert read_announcement(encode_order_placed("o-1")).order_id == "o-1"


def test_an_announcement_in_the_topics_envelope_is_read() -> None:
    assert read_announcement(wrapped(encode_order_placed("o-1"))).order_id == "o-1"


def test_fields_of_the_future_are_ignored() -> None:
    body = json.dumps({"schema": 1, "order_id": "o-1", "trace": {"deep": [1, 2]}})
    assert read_announcement(body).order_id == "o-1"
    assert read_announcement(wrapped(body, New="field")).order_id == "o-1"


@pytest.mark.parametrize(
    "body",
    [
        "",
        "nonsense",
        "null",
        "[]",
        "{}",
        '{"schema": 2, "order_id": "o-1"}',
        '{"schema": 1}',
        '{"schema": 1, "order_id": 7}',
        '{"schema": 1, "order_id": "../../etc"}',
        '{"schema": 1, "order_id": ""}',
        wrapped("nonsense"),
        wrapped('{"schema": 9, "order_id": "o-1"}'),
        wrapped(encode_order_placed("o-1"), Type="SubscriptionConfirmation"),
        wrapped(wrapped(encode_order_placed("o-1"))),
        '{"a":' + "[" * 8000,
        "[" * MAX_CHARACTERS,
        encode_order_placed("o-1") + " " * MAX_CHARACTERS,
        '{"schema": 1, "order_id": "\ud800"}',
    ],
)
def test_anything_else_is_unreadable_and_says_why(body: str) -> None:
    with pytest.raises(UnreadableMessage) as caught:
        read_announcement(body)
    assert str(caught.value)


@given(st.text() | st.recursive(st.none() | st.integers(), st.lists).map(json.dumps))
def test_no_text_does_anything_but_be_read_or_refused(body: str) -> None:
    with suppress(UnreadableMessage):
        read_announcement(body)
