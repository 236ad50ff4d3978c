import json

import pytest

from orders.message import UnreadableMessage, decode_order_placed, encode_order_placed


def test_an_announcement_is_the_documented_json() -> None:
    assert json.loads(encode_order_placed("001")) == {"schema": 1, "order_id": "001"}


def test_fields_of_a_newer_sender_are_ignored() -> None:
    message = decode_order_placed(b'{"schema":1,"order_id":"001","trace":"abc"}')
    assert message.order_id == "001"


@pytest.mark.parametrize(
    "body",
    [
        "",
        "not json",
        b"\xff\xfe",
        "null",
        "[]",
        '{"order_id":"001"}',
        '{"schema":1}',
        '{"schema":2,"order_id":"001"}',
        '{"schema":"1","order_id":"001"}',
        '{"schema":1,"order_id":1}',
        '{"schema":1,"order_id":""}',
        '{"schema":1,"order_id":"../other"}',
        '{"schema":1,"order_id":"001\\n"}',
    ],
)
def test_anything_else_is_unreadable(body: str | bytes) -> None:
    with pytest.raises(UnreadableMessage):
        decode_order_placed(body)
