"""The SNS client's publish_batch, with raw delivery to queues in memory."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.support.fake_aws.queues import Mischief, Queue
from tests.support.fake_aws.refusals import only_these, refusal
from tests.support.fake_aws.sqs import check_batch, failed_entry
from tests.support.fake_aws.wire import Wire

MAX_BYTES = 256 * 1024


@dataclass
class Topic:
    """One topic; every queue in `queues` is subscribed with raw delivery."""

    name: str
    queues: Sequence[Queue] = ()
    mischief: Mischief = field(default_factory=Mischief)
    published: list[str] = field(default_factory=list)
    attributes: list[dict[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = random.Random(self.mischief.seed)  # noqa: S311 - repeatable on purpose

    @property
    def arn(self) -> str:
        """The topic's ARN."""
        return f"arn:aws:sns:us-west-2:123456789012:{self.name}"

    def publish(self, body: str) -> str:
        """Deliver to every subscriber at least once and return the message's id."""
        self.published.append(body)
        copies = 2 if self._random.random() < self.mischief.duplicate else 1
        for queue in self.queues:
            for _ in range(copies):
                queue.send(body)
        return f"{self.name}-{len(self.published)}"


class FakeSNS:
    """One process's client."""

    def __init__(self, topics: Mapping[str, Topic], wire: Wire) -> None:
        self._topics = topics
        self._wire = wire

    async def publish_batch(self, **request: Any) -> dict[str, Any]:
        """Publish up to 10 messages of 256 KiB together, each with its own answer."""

        async def act() -> dict[str, Any]:
            only_these("PublishBatch", request, {"TopicArn", "PublishBatchRequestEntries"})
            topic = self._topic(request["TopicArn"])
            entries = request["PublishBatchRequestEntries"]
            check_batch(entries)
            if sum(len(entry["Message"].encode()) for entry in entries) > MAX_BYTES:
                raise refusal("BatchRequestTooLong", "The batch is longer than 262144 bytes")
            planned = self._wire.refused_entries("PublishBatch")
            response: dict[str, Any] = {"Successful": [], "Failed": []}
            for number, entry in enumerate(entries):
                if number in planned:
                    code = planned[number]
                    fault = code == "InvalidParameter"
                    failure = failed_entry(entry["Id"], code, "as planned", fault)
                    response["Failed"].append(failure)
                else:
                    message_id = topic.publish(entry["Message"])
                    told = entry.get("MessageAttributes", {})
                    topic.attributes.append({k: v["StringValue"] for k, v in told.items()})
                    response["Successful"].append({"Id": entry["Id"], "MessageId": message_id})
            return response

        return await self._wire.carry("PublishBatch", act)

    def _topic(self, arn: str) -> Topic:
        for topic in self._topics.values():
            if topic.arn == arn:
                return topic
        raise refusal("NotFoundException", "Topic does not exist", status=404)
