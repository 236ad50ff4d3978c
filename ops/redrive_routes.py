"""Where a stack's dead letters come from, how they read, and how they get back there."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from ops.calls import Entry, calling, in_batches, send_entries
from ops.dead_letters import REDRIVE, DeadLetter, reason_of, text_of
from ops.republish import Topic
from ops.stack import Stack
from terminal.errors import UserError

# Written by the processor when it dead-letters a message; true of that time only.
DEAD_LETTER_ATTRIBUTES = {"reason", "sourceMessageId", "receiveCount", REDRIVE}
MAX_ATTRIBUTES = 10
NOT_A_RECORD = "not a record of an event that the function failed on"


class Route(Protocol):
    """One way back."""

    target: str

    def read(self, received: Mapping[str, Any]) -> DeadLetter:
        """Return what a received message is."""
        ...

    def send(self, letters: Sequence[DeadLetter], redrive: str) -> dict[str, str]:
        """Send up to 10 letters back, marked with the redrive's name; return problems by id.

        Raises:
            Unanswered, UserError: the call as a whole failed; some may have been taken.
        """
        ...


class ToQueue:
    """Back to the processor's queue: the body as it is, and attributes without the reason."""

    def __init__(self, sqs: Any, queue_url: str) -> None:
        self.target = queue_url
        self._sqs = sqs

    def read(self, received: Mapping[str, Any]) -> DeadLetter:
        """Return a message that the processor or SQS itself dead-lettered."""
        attributes = received.get("MessageAttributes", {})
        return DeadLetter(
            message_id=received["MessageId"],
            body=received["Body"],
            reason=reason_of(received),
            redrive=text_of(attributes, REDRIVE),
            attributes={
                key: value for key, value in attributes.items() if key not in DEAD_LETTER_ATTRIBUTES
            },
            receipt=received["ReceiptHandle"],
        )

    def send(self, letters: Sequence[DeadLetter], redrive: str) -> dict[str, str]:
        """Send the messages to the queue."""
        problems: dict[str, str] = {}
        for batch in in_batches(letters, size_of=lambda letter: letter.size):
            entries = [
                {
                    "Id": str(number),
                    "MessageBody": letter.body,
                    "MessageAttributes": _marked(letter.attributes, redrive),
                }
                for number, letter in enumerate(batch)
            ]
            with calling(f"sending to {self.target}"):
                failed = send_entries(self._send, entries)
            problems |= {batch[int(name)].message_id: problem for name, problem in failed.items()}
        return problems

    def _send(self, entries: list[Entry]) -> Any:
        return self._sqs.send_message_batch(QueueUrl=self.target, Entries=entries)


class ToTopic:
    """Back to the topic whose events the function failed on: Lambda kept a record of each.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
    """

    def __init__(self, sns: Any, topic_arn: str) -> None:
        self.target = topic_arn
        self._topic = Topic(sns, topic_arn)

    def read(self, received: Mapping[str, Any]) -> DeadLetter:
        """Return the message in a failure record, or a letter with an empty body."""
        record = _read_record(received["Body"])
        return DeadLetter(
            message_id=received["MessageId"],
            body=record.message,
            reason=record.reason,
            redrive=record.redrive,
            attributes=record.attributes,
            receipt=received["ReceiptHandle"],
        )

    def send(self, letters: Sequence[DeadLetter], redrive: str) -> dict[str, str]:
        """Publish the messages; what is no failure record stays, with that as its problem."""
        problems = {each.message_id: NOT_A_RECORD for each in letters if not each.body}
        events = [each for each in letters if each.body]
        for batch in in_batches(events, size_of=lambda letter: letter.size):
            found = self._topic.publish(
                [each.body for each in batch],
                [_marked(each.attributes, redrive) for each in batch],
            )
            for letter, problem in zip(batch, found, strict=True):
                if problem:
                    problems[letter.message_id] = problem
        return problems


NOTIFICATIONS = "notify_failures_url"
"""The output that names the queue of notifications that were given up."""


def notifications_of(stack: Stack) -> tuple[str, Route]:
    """Return the queue of a stack's failed notifications and their way back; UserError if none."""
    if NOTIFICATIONS not in stack.outputs:
        raise UserError(
            f"{stack.name}: this stack notifies nobody (it has no output {NOTIFICATIONS}); leave "
            "out --notifications"
        )
    topic_arn = stack.output("notifications_topic_arn")
    return stack.output(NOTIFICATIONS), ToTopic(stack.client("sns"), topic_arn)


def route_of(stack: Stack) -> Route:
    """Return the way back of a stack's dead letters; UserError where there are none."""
    if "dlq_url" not in stack.outputs:
        raise UserError(
            f"{stack.name}: the {stack.topology} topology has no dead-letter queue (output "
            "dlq_url); an order that is left open there is settled by `ops reconcile`"
        )
    if "queue_url" in stack.outputs:
        return ToQueue(stack.client("sqs"), stack.output("queue_url"))
    return ToTopic(stack.client("sns"), stack.output("topic_arn"))


def _marked(attributes: Mapping[str, Any], redrive: str) -> Entry:
    """Return the attributes with the redrive's name; a message that is full of others goes bare."""
    if len(attributes) >= MAX_ATTRIBUTES:
        return dict(attributes)
    return {**attributes, REDRIVE: {"DataType": "String", "StringValue": redrive}}


class _Record(NamedTuple):
    """What a failure record says of the event: a message that is empty where it says nothing."""

    message: str
    reason: str
    redrive: str | None
    attributes: Entry


_NO_RECORD = _Record("", NOT_A_RECORD, None, {})


def _read_record(body: str) -> _Record:
    try:
        record = json.loads(body)
        (event,) = record["requestPayload"]["Records"]
        message = event["Sns"]["Message"]
        told = event["Sns"].get("MessageAttributes") or {}
        # What SNS tells of an attribute, as SNS wants to be told of it.
        attributes = {
            name: {"DataType": each["Type"], "StringValue": each["Value"]}
            for name, each in told.items()
        }
        mark = text_of(attributes, REDRIVE)
        reason = _failure(record)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return _NO_RECORD
    if not isinstance(message, str):
        return _NO_RECORD
    attributes.pop(REDRIVE, None)
    return _Record(message, reason, mark, attributes)


def _failure(record: Mapping[str, Any]) -> str:
    answer = record.get("responsePayload") or {}
    said = (
        record.get("requestContext", {}).get("condition"),
        answer.get("errorType"),
        answer.get("errorMessage"),
    )
    return ": ".join(str(each) for each in said if each) or "unknown"
