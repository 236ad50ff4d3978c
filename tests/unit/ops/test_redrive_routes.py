"""How dead letters read, and what goes back of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.dead_letters import NO_REASON, TOO_OFTEN, DeadLetter
from ops.redrive_routes import NOT_A_RECORD, ToQueue, ToTopic, route_of
from ops.stack import Stack
from terminal.errors import UserError
from tests.support.fake_aws.wire import Wire
from tests.support.operator_aws import OperatorAws, text_attributes

BODY = '{"schema":1,"order_id":"0199"}'


@pytest.fixture
def aws() -> Iterator[OperatorAws]:
    world = OperatorAws()
    yield world
    world.close()


def received(body: str = BODY, *, source: str = "", **attributes: str) -> dict[str, Any]:
    message: dict[str, Any] = {"MessageId": "m1", "ReceiptHandle": "r1", "Body": body}
    if attributes:
        message["MessageAttributes"] = text_attributes(**attributes)
    if source:
        message["Attributes"] = {"DeadLetterQueueSourceArn": source}
    return message


def failure(**changes: Any) -> str:
    """A record of Lambda's, see its page on retaining records of asynchronous invocations."""
    sns = {"Type": "Notification", "MessageId": "n1", "Message": BODY, "MessageAttributes": {}}
    record = {
        "version": "1.0",
        "timestamp": "2025-11-28T09:00:00.000Z",
        "requestContext": {"condition": "RetriesExhausted", "approximateInvokeCount": 3},
        "requestPayload": {"Records": [{"EventSource": "aws:sns", "Sns": sns}]},
        "responseContext": {"statusCode": 200, "functionError": "Unhandled"},
        "responsePayload": {"errorType": "Unavailable", "errorMessage": "orders table: down"},
        **changes,
    }
    return json.dumps(record)


def test_the_reason_is_what_the_processor_wrote_unless_sqs_moved_the_message(
    aws: OperatorAws,
) -> None:
    route = ToQueue(aws.sqs(), "queue")
    assert route.read(received(reason="order 0199 does not exist")).kind == (
        "order ... does not exist"
    )
    assert route.read(received(reason="stale", source="arn:queue")).reason == TOO_OFTEN
    assert route.read(received("no json")).kind == NO_REASON


def test_back_goes_the_body_as_it_is_and_what_is_not_of_the_last_time(aws: OperatorAws) -> None:
    queue, body = aws.queue("orders"), "\t no json: ☃ "
    route = ToQueue(aws.sqs(), queue.url)
    message = received(
        body, trace="t", reason="r", sourceMessageId="s", receiveCount="3", redrive="first"
    )
    letter = route.read(message)
    assert letter.redrive == "first"
    assert route.send([letter], "second") == {}
    (sent,) = queue.messages
    assert sent.body == body
    assert sent.attributes == text_attributes(trace="t", redrive="second")


def test_a_message_with_ten_attributes_of_others_goes_without_ours(aws: OperatorAws) -> None:
    queue = aws.queue("orders")
    full = {f"attribute{number}": "x" for number in range(10)}
    letter = ToQueue(aws.sqs(), queue.url).read(received(**full))
    assert ToQueue(aws.sqs(), queue.url).send([letter], "second") == {}
    assert queue.messages[0].attributes == text_attributes(**full)


def test_large_messages_travel_in_batches_of_their_own(aws: OperatorAws) -> None:
    queue, wire = aws.queue("orders"), Wire()
    route = ToQueue(aws.sqs(wire), queue.url)
    letters = [DeadLetter(str(number), "x" * 100_000, "r") for number in range(5)]
    assert route.send(letters, "second") == {}
    assert wire.calls == ["SendMessageBatch"] * 3
    assert len(queue.messages) == 5


def test_an_entry_that_sqs_refuses_is_named_with_its_problem(aws: OperatorAws) -> None:
    queue, wire = aws.queue("orders"), Wire()
    wire.refuse_entries("SendMessageBatch", {1: "InvalidMessageContents"})
    letters = [DeadLetter(name, BODY, "r") for name in ("a", "b", "c")]
    problems = ToQueue(aws.sqs(wire), queue.url).send(letters, "second")
    assert problems == {"b": "InvalidMessageContents: as planned"}
    assert len(queue.messages) == 2


def test_a_failed_event_is_published_again(aws: OperatorAws) -> None:
    heard = aws.queue("heard")
    route = ToTopic(aws.sns(), aws.topic("orders", heard))
    letter = route.read(received(failure()))
    assert letter.reason == "RetriesExhausted: Unavailable: orders table: down"
    assert letter.redrive is None
    assert route.send([letter], "second") == {}
    assert [message.body for message in heard.messages] == [BODY]


def test_an_event_that_sns_refuses_is_named_with_its_problem(aws: OperatorAws) -> None:
    wire = Wire()
    wire.refuse_entries("PublishBatch", {1: "InvalidParameter"})
    route = ToTopic(aws.sns(wire), aws.topic("orders"))
    letters = [DeadLetter(name, BODY, "r") for name in ("a", "b", "c")]
    assert route.send(letters, "second") == {"b": "InvalidParameter: as planned"}


def test_the_redrive_that_sent_an_event_before_is_in_the_record() -> None:
    sns = {"Message": BODY, "MessageAttributes": {"redrive": {"Type": "String", "Value": "first"}}}
    body = failure(requestPayload={"Records": [{"Sns": sns}]})
    assert ToTopic(None, "arn").read(received(body)).redrive == "first"


NO_RECORDS = [
    BODY,
    "no json",
    "[]",
    "null",
    "{}",
    failure(requestPayload=None),
    failure(requestPayload={"Records": []}),
    failure(requestPayload={"Records": [{"Sns": {"Message": 7}}]}),
    failure(requestPayload={"Records": [{"Sns": {"Message": BODY, "MessageAttributes": "x"}}]}),
    failure(responsePayload="x"),
    failure(requestContext=None),
]


@pytest.mark.parametrize("body", NO_RECORDS)
def test_what_is_no_record_of_a_failure_stays_and_says_so(aws: OperatorAws, body: str) -> None:
    heard = aws.queue("heard")
    route = ToTopic(aws.sns(), aws.topic("orders", heard))
    letter = route.read(received(body))
    assert letter.reason == NOT_A_RECORD
    assert route.send([letter], "second") == {"m1": NOT_A_RECORD}
    assert heard.messages == []


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(st.sampled_from(sorted(json.loads(failure()))), json_values)
def test_no_record_however_odd_ends_a_redrive(key: str, value: Any) -> None:
    letter = ToTopic(None, "arn").read(received(failure(**{key: value})))
    assert letter.body in {BODY, ""}


@given(json_values)
def test_no_body_however_odd_ends_a_redrive(value: Any) -> None:
    letter = ToQueue(None, "queue").read(received(json.dumps({"order_id": value}), reason="why"))
    assert letter.kind


def stack(**outputs: str) -> Stack:
    return Stack("a stack", {"topology": "sync", **outputs}, "us-west-2")


def test_a_stack_without_dead_letters_points_to_the_other_command() -> None:
    with pytest.raises(UserError, match=r"has no dead-letter queue .* settled by `ops reconcile`"):
        route_of(stack())


def test_dead_letters_go_to_the_queue_where_there_is_one_and_to_the_topic_else() -> None:
    queue = route_of(stack(dlq_url="https://dlq", queue_url="https://queue", topic_arn="arn"))
    topic = route_of(stack(dlq_url="https://dlq", topic_arn="arn"))
    assert (queue.target, topic.target) == ("https://queue", "arn")
