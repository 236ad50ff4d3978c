"""Each operation is sent as botocore sends it, and answers mean to us what they mean to it."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import msgspec
import pytest
from botocore import xform_name
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from adapters.aws.fast.dynamodb import CancellationReason, ConditionFailed, open_dynamodb
from adapters.aws.fast.errors import AwsError, NoAnswer, Refused
from adapters.aws.fast.json_protocol import json_refusal
from adapters.aws.fast.responses import Response
from adapters.aws.fast.retries import DEFAULT_POLICY
from adapters.aws.fast.sns import PublishError, open_sns, quoted, xml_refusal
from adapters.aws.fast.sqs import open_sqs
from tests.support.virtual_clock import run, virtual_time
from tests.unit.adapters.fast.botocore_side import botocore_of
from tests.unit.adapters.fast.scripted import Scripted, answer, client, ok, refusal

OPENERS = {"dynamodb": open_dynamodb, "sns": open_sns, "sqs": open_sqs}
KEY = {"orderId": {"S": "a"}}
NAMES = {"#status": "status"}
VALUES = {":now": {"N": "12"}}
WRITES = [{"Put": {"TableName": "orders", "Item": KEY}}, {"Delete": {"TableName": "p", "Key": KEY}}]
STATEMENTS = [{"Statement": "INSERT INTO \"orders\" VALUE {'a': ?}", "Parameters": [{"S": "é"}]}]
QUEUE = "https://sqs.us-west-2.amazonaws.com/123456789012/orders"
TOPIC = "arn:aws:sns:us-west-2:123456789012:placed"
POLL: dict[str, Any] = {
    "most": 10,
    "wait_seconds": 20,
    "visibility_seconds": 7,
    "system_attributes": ["SentTimestamp"],
}
NAMESPACE = 'xmlns="http://sns.amazonaws.com/doc/2010-03-31/"'
HOT_ANSWERS = {"BatchExecuteStatement": {"Responses": [{"TableName": "orders"}]}}


class Call(NamedTuple):
    """One operation: what botocore is told, and what ours is told."""

    service: str
    operation: str
    request: dict[str, Any]
    arguments: tuple[Any, ...]
    options: dict[str, Any]

    @property
    def method(self) -> str:
        """What both sides call it."""
        return xform_name(self.operation)


CALLS = [
    Call(
        "dynamodb",
        "GetItem",
        {"TableName": "orders", "Key": KEY, "ConsistentRead": True},
        ("orders", KEY),
        {},
    ),
    Call(
        "dynamodb",
        "PutItem",
        {
            "TableName": "orders",
            "Item": KEY,
            "ConditionExpression": "attribute_not_exists(orderId)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        },
        ("orders", KEY),
        {"condition": "attribute_not_exists(orderId)"},
    ),
    Call(
        "dynamodb",
        "UpdateItem",
        {
            "TableName": "orders",
            "Key": KEY,
            "UpdateExpression": "SET #status = :now",
            "ConditionExpression": "attribute_exists(orderId)",
            "ExpressionAttributeNames": NAMES,
            "ExpressionAttributeValues": VALUES,
            "ReturnValues": "ALL_NEW",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        },
        ("orders", KEY, "SET #status = :now"),
        {"condition": "attribute_exists(orderId)", "names": NAMES, "values": VALUES},
    ),
    Call(
        "dynamodb",
        "TransactWriteItems",
        {"TransactItems": WRITES},
        (WRITES,),
        {},
    ),
    Call(
        "dynamodb",
        "BatchExecuteStatement",
        {"Statements": STATEMENTS},
        (STATEMENTS,),
        {},
    ),
    Call(
        "sqs",
        "ReceiveMessage",
        {
            "QueueUrl": QUEUE,
            "MaxNumberOfMessages": 10,
            "WaitTimeSeconds": 20,
            "VisibilityTimeout": 7,
            "MessageSystemAttributeNames": ["SentTimestamp"],
            "MessageAttributeNames": ["All"],
        },
        (QUEUE,),
        POLL,
    ),
    Call(
        "sqs",
        "DeleteMessageBatch",
        {"QueueUrl": QUEUE, "Entries": [{"Id": "0", "ReceiptHandle": "r"}]},
        (QUEUE, [{"Id": "0", "ReceiptHandle": "r"}]),
        {},
    ),
    Call(
        "sqs",
        "ChangeMessageVisibilityBatch",
        {
            "QueueUrl": QUEUE,
            "Entries": [{"Id": "0", "ReceiptHandle": "r", "VisibilityTimeout": 0}],
        },
        (QUEUE, [{"Id": "0", "ReceiptHandle": "r", "VisibilityTimeout": 0}]),
        {},
    ),
    Call(
        "sqs",
        "GetQueueAttributes",
        {"QueueUrl": QUEUE, "AttributeNames": ["VisibilityTimeout"]},
        (QUEUE, ["VisibilityTimeout"]),
        {},
    ),
    Call(
        "sqs",
        "SendMessage",
        {
            "QueueUrl": QUEUE,
            "MessageBody": "é",
            "MessageAttributes": {"a": {"DataType": "String", "StringValue": "b"}},
        },
        (QUEUE, "é", {"a": {"DataType": "String", "StringValue": "b"}}),
        {},
    ),
]


def open_service(transport: Scripted, service: str) -> Any:
    return OPENERS[service](client(transport))


@pytest.mark.parametrize("call", CALLS, ids=[call.operation for call in CALLS])
@virtual_time
async def test_an_operation_is_sent_as_botocore_sends_it(call: Call) -> None:
    told = ok(HOT_ANSWERS.get(call.operation, {}))
    transport = Scripted([told])
    ours = getattr(open_service(transport, call.service), call.method)
    await ours(*call.arguments, **call.options)
    theirs = botocore_of(call.service)
    theirs.response = told
    theirs.call(call.method, **call.request)
    (sent,) = transport.sent
    for name in ("content-type", "x-amz-target", "x-amzn-query-mode"):
        assert sent.headers.get(name) == theirs.headers.get(name), name
    document, wanted = sent.document, json.loads(theirs.body)
    for each in (document, wanted):
        assert len(each.pop("ClientRequestToken", "0" * 32)) in {32, 36}
    assert document == wanted


@virtual_time
async def test_every_try_of_a_transaction_carries_the_same_token() -> None:
    transport = Scripted([NoAnswer("lost", sent=True), ok({}), ok({})])
    dynamodb = open_dynamodb(client(transport))
    await dynamodb.transact_write_items(WRITES)
    await dynamodb.transact_write_items(WRITES)
    first, repeated, other = (each.document["ClientRequestToken"] for each in transport.sent)
    assert first == repeated != other


@virtual_time
async def test_a_long_poll_is_waited_for() -> None:
    transport = Scripted([ok({}), ok({})])
    sqs = open_sqs(client(transport))
    await sqs.receive_message(QUEUE, **POLL)
    await sqs.delete_message_batch(QUEUE, [])
    polled, deleted = transport.sent
    assert polled.first_byte_seconds == 25
    assert polled.document["VisibilityTimeout"] == 7
    assert deleted.first_byte_seconds == 5


@virtual_time
async def test_a_condition_that_fails_is_an_answer() -> None:
    failed = refusal("ConditionalCheckFailedException", more={"Item": KEY})
    bare = refusal("ConditionalCheckFailedException")
    transport = Scripted([failed, failed, bare])
    dynamodb = open_dynamodb(client(transport))
    update: dict[str, Any] = {"condition": "c", "names": NAMES, "values": VALUES}
    assert await dynamodb.put_item("orders", KEY, condition="c") == ConditionFailed(KEY)
    assert await dynamodb.update_item("orders", KEY, "SET a", **update) == ConditionFailed(KEY)
    assert await dynamodb.put_item("orders", KEY, condition="c") == ConditionFailed(None)


@virtual_time
async def test_a_cancelled_transaction_tells_a_reason_for_each_write() -> None:
    reasons = [{"Code": "None"}, {"Code": "ConditionalCheckFailed", "Message": "m", "Item": KEY}]
    cancelled = refusal("TransactionCanceledException", more={"CancellationReasons": reasons})
    found = await open_dynamodb(client(Scripted([cancelled]))).transact_write_items(WRITES)
    assert found == [
        CancellationReason(),
        CancellationReason("ConditionalCheckFailed", "m", KEY),
    ]


@pytest.mark.parametrize(
    "refused",
    [
        refusal("TransactionCanceledException"),
        refusal("TransactionCanceledException", more={"CancellationReasons": [{"Code": "None"}]}),
        refusal("AccessDeniedException"),
        refusal("IdempotentParameterMismatchException"),
    ],
)
@virtual_time
async def test_a_transaction_that_is_refused_otherwise_is_refused(refused: Response) -> None:
    with pytest.raises(Refused):
        await open_dynamodb(client(Scripted([refused]))).transact_write_items(WRITES)


@virtual_time
async def test_each_statement_has_its_answer() -> None:
    told = [
        {"TableName": "orders", "Item": KEY},
        {"Error": {"Code": "DuplicateItem", "Message": "twice", "Item": KEY}},
        {"Error": {}},
    ]
    transport = Scripted([ok({"Responses": told})])
    found = await open_dynamodb(client(transport)).batch_execute_statement(STATEMENTS * 3)
    assert found[0].error is None
    assert found[0].item == KEY
    assert found[1].error is not None
    assert (found[1].error.code, found[1].error.item) == ("DuplicateItem", KEY)
    assert found[2].error is not None


@virtual_time
async def test_an_answer_with_too_few_statements_is_none() -> None:
    transport = Scripted([ok({"Responses": []})])
    with pytest.raises(NoAnswer, match="0 answers to 1"):
        await open_dynamodb(client(transport)).batch_execute_statement(STATEMENTS)


@pytest.mark.parametrize("failure", [NoAnswer("lost", sent=True), refusal("RequestThrottled")])
@virtual_time
async def test_a_long_poll_is_tried_once(failure: Response | NoAnswer) -> None:
    transport = Scripted([failure])
    with pytest.raises(AwsError):
        await open_sqs(client(transport)).receive_message(QUEUE, **POLL)
    assert len(transport.sent) == 1


@virtual_time
async def test_attributes_of_a_queue_are_texts_by_name() -> None:
    sqs = open_sqs(client(Scripted([ok({"Attributes": {"VisibilityTimeout": "180"}})])))
    assert await sqs.get_queue_attributes(QUEUE, []) == {"VisibilityTimeout": "180"}


@virtual_time
async def test_messages_are_read_with_all_their_attributes() -> None:
    message = {
        "MessageId": "m",
        "ReceiptHandle": "r",
        "Body": "b",
        "Attributes": {"ApproximateReceiveCount": "2"},
        "MessageAttributes": {"x": {"DataType": "Binary", "BinaryValue": "AAE="}},
        "MD5OfBody": "ignored",
    }
    transport = Scripted([ok({"Messages": [message]}), ok({})])
    sqs = open_sqs(client(transport))
    (found,) = await sqs.receive_message(QUEUE, **POLL)
    assert (found.message_id, found.receipt_handle, found.body) == ("m", "r", "b")
    assert found.attributes == message["Attributes"]
    assert found.message_attributes == message["MessageAttributes"]
    assert await sqs.receive_message(QUEUE, **POLL) == []


@virtual_time
async def test_entries_of_a_batch_fail_each_by_itself() -> None:
    told = {
        "Successful": [{"Id": "0"}],
        "Failed": [{"Id": "1", "Code": "ReceiptHandleIsInvalid", "SenderFault": True}],
    }
    sqs = open_sqs(client(Scripted([ok(told, x_amzn_requestid="r-1")])))
    found = await sqs.delete_message_batch(QUEUE, [])
    assert [each.id for each in found.successful] == ["0"]
    assert found.request_id == "r-1"
    assert [(each.id, each.code, each.sender_fault) for each in found.failed] == [
        ("1", "ReceiptHandleIsInvalid", True)
    ]


def published(inner: str) -> Response:
    result = f"<PublishBatchResult>{inner}</PublishBatchResult>"
    body = f"<PublishBatchResponse {NAMESPACE}>{result}</PublishBatchResponse>"
    return answer(200, body.encode())


@virtual_time
async def test_messages_are_published_as_botocore_publishes_them() -> None:
    messages = ["plain", 'a&b=c "ä" +%~*', "\x7f☂"]
    taken = "".join(
        f"<member><Id>{index}</Id><MessageId>m</MessageId></member>" for index in range(3)
    )
    told = published(f"<Successful>{taken}</Successful><Failed/>")
    transport = Scripted([told])
    assert await open_sns(client(transport)).publish_batch(TOPIC, messages) == [None] * 3
    theirs = botocore_of("sns")
    theirs.response = told
    theirs.call(
        "publish_batch",
        TopicArn=TOPIC,
        PublishBatchRequestEntries=[
            {"Id": str(index), "Message": message} for index, message in enumerate(messages)
        ],
    )
    (sent,) = transport.sent
    assert sorted(parse_qsl(sent.body.decode())) == sorted(parse_qsl(theirs.body))
    assert sent.headers["content-type"] == theirs.headers["content-type"]


@virtual_time
async def test_each_message_that_was_not_taken_says_why() -> None:
    told = published(
        "<Successful><member><Id>0</Id></member></Successful><Failed><member><Id>1</Id>"
        "<Code>InternalError</Code><Message>a &lt; b</Message><SenderFault>false</SenderFault>"
        "</member><member><Id>77</Id></member><member><Id>x</Id></member></Failed>"
    )
    found = await open_sns(client(Scripted([told]))).publish_batch(TOPIC, ["a", "b", "c"])
    assert found == [
        None,
        PublishError("InternalError", "a < b", sender_fault=False),
        PublishError("Unconfirmed", "the answer does not name the message", sender_fault=False),
    ]


@pytest.mark.parametrize("turned", [False, True])
@virtual_time
async def test_a_message_that_is_named_as_taken_and_as_failed_was_not_taken(
    turned: bool,  # noqa: FBT001 - a parameter
) -> None:
    sections = [
        "<Successful><member><Id>0</Id></member></Successful>",
        "<Failed><member><Id>0</Id><Code>C</Code></member></Failed>",
    ]
    told = published("".join(reversed(sections) if turned else sections))
    (found,) = await open_sns(client(Scripted([told]))).publish_batch(TOPIC, ["a"])
    assert found == PublishError("C", "", sender_fault=False)


@given(st.text(max_size=20))
def test_a_form_holds_every_text(text: str) -> None:
    encodable = text.encode(errors="ignore").decode()
    assert parse_qsl(f"a={quoted(encodable)}", keep_blank_values=True) == [("a", encodable)]


REFUSALS = [
    (
        "dynamodb",
        answer(400, b'{"__type":"com.amazonaws.dynamodb.v20120810#Throttling","message":"m"}'),
    ),
    ("dynamodb", answer(400, b'{"__type":"ResourceNotFoundException","Message":"m"}')),
    (
        "sqs",
        answer(
            400,
            b'{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"m"}',
            x_amzn_query_error="AWS.SimpleQueueService.NonExistentQueue;Sender",
        ),
    ),
]


@pytest.mark.parametrize(("service", "response"), REFUSALS)
def test_a_refusal_has_the_code_and_message_that_botocore_finds(
    service: str, response: Response
) -> None:
    theirs = botocore_of(service)
    theirs.response = response
    method = {"sqs": "receive_message", "dynamodb": "get_item"}[service]
    requests: dict[str, dict[str, Any]] = {
        "sqs": {"QueueUrl": QUEUE},
        "dynamodb": {"TableName": "orders", "Key": KEY},
    }
    with pytest.raises(ClientError) as found:
        theirs.call(method, **requests[service])
    wanted = found.value.response["Error"]
    ours = json_refusal(response)
    assert (ours.code, ours.message) == (wanted["Code"], wanted["Message"])


@pytest.mark.parametrize(
    "response",
    [
        answer(400, b'{"message":"m"}', x_amzn_errortype="AccessDeniedException:http://internal/"),
        answer(400, b'{"code":"aws.protocoltests#AccessDeniedException","message":"m"}'),
    ],
)
def test_a_code_is_also_found_where_the_protocol_allows_it(response: Response) -> None:
    assert json_refusal(response).code == "AccessDeniedException"


XML_REFUSALS = [
    (
        f"<ErrorResponse {NAMESPACE}><Error><Type>Sender</Type><Code>Throttling</Code>"
        "<Message>Rate exceeded</Message></Error><RequestId>r-1</RequestId></ErrorResponse>"
    ),
    (
        "<Response><Errors><Error><Code>InternalError</Code><Message>m</Message></Error></Errors>"
        "<RequestID>r-1</RequestID></Response>"
    ),
]


@pytest.mark.parametrize("body", XML_REFUSALS)
def test_an_xml_refusal_has_the_code_and_message_that_botocore_finds(body: str) -> None:
    response = answer(400, body.encode())
    theirs = botocore_of("sns")
    theirs.response = response
    with pytest.raises(ClientError) as found:
        theirs.call("publish", TopicArn=TOPIC, Message="m")
    wanted = found.value.response
    ours = xml_refusal(response)
    assert (ours.code, ours.message) == (wanted["Error"]["Code"], wanted["Error"]["Message"])
    assert ours.request_id == "r-1"


@virtual_time
async def test_xml_throttling_is_asked_again() -> None:
    throttled = answer(400, XML_REFUSALS[0].encode())
    taken = published("<Successful><member><Id>0</Id></member></Successful>")
    transport = Scripted([throttled, taken])
    assert await open_sns(client(transport)).publish_batch(TOPIC, ["m"]) == [None]


@pytest.mark.parametrize("body", [b"", b"<html>", b"Service Unavailable", b"\xff\x00", b"[[[["])
def test_an_answer_that_says_nothing_is_named_by_its_status(body: bytes) -> None:
    for refused in (json_refusal(answer(503, body)), xml_refusal(answer(503, body))):
        assert (refused.code, refused.status) == ("HTTP503", 503)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["Item", "Items", "Responses", "Error", "Code", "__type", "Messages"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=10,
)
bodies = st.one_of(st.binary(max_size=60), json_values.map(msgspec.json.encode))


@given(
    status=st.sampled_from([200, 200, 400, 403, 500]),
    body=bodies,
    service=st.sampled_from(["dynamodb", "sqs", "sns"]),
)
def test_no_answer_raises_anything_but_our_errors(status: int, body: bytes, service: str) -> None:
    async def call() -> None:
        transport = Scripted([answer(status, body)] * DEFAULT_POLICY.attempts * 2)
        opened = open_service(transport, service)
        if service == "dynamodb":
            await opened.batch_execute_statement(STATEMENTS)
        elif service == "sqs":
            await opened.receive_message(QUEUE, **POLL)
        else:
            await opened.publish_batch(TOPIC, ["m"])

    with suppress(AwsError):
        run(call())


@virtual_time
async def test_attributes_of_messages_travel_as_botocore_sends_them() -> None:
    taken = "".join(f"<member><Id>{index}</Id></member>" for index in range(2))
    told = published(f"<Successful>{taken}</Successful>")
    transport = Scripted([told])
    attributes = [{"status": "COMPLETED", "a b": "1&2"}, {"status": "FAILED"}]
    await open_sns(client(transport)).publish_batch(TOPIC, ["a", "b"], attributes)
    theirs = botocore_of("sns")
    theirs.response = told
    theirs.call(
        "publish_batch",
        TopicArn=TOPIC,
        PublishBatchRequestEntries=[
            {
                "Id": str(index),
                "Message": message,
                "MessageAttributes": {
                    name: {"DataType": "String", "StringValue": text}
                    for name, text in attributes[index].items()
                },
            }
            for index, message in enumerate(["a", "b"])
        ],
    )
    (sent,) = transport.sent
    assert sorted(parse_qsl(sent.body.decode())) == sorted(parse_qsl(theirs.body))
