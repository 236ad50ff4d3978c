"""An SNS client whose `publish_batch` takes the short way; a drop-in for the botocore client."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote_plus, urlencode

from adapters.aws.quick_calls import NO_ANSWER, QuickCalls, Sleep

if TYPE_CHECKING:
    from types_aiobotocore_sns import SNSClient
    from types_aiobotocore_sns.type_defs import (
        PublishBatchRequestEntryTypeDef,
        PublishBatchResponseTypeDef,
    )

# SNS speaks AWS's older query protocol: forms in, XML out.
HEADERS = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}

OPERATION = "PublishBatch"
_PLAIN = {"Id", "Message"}
_ENTRY = "PublishBatchRequestEntries.member"
_QUOTED = {code: quote_plus(chr(code)) for code in range(128)}


def quick_sns(client: SNSClient, *, sleep: Sleep = asyncio.sleep) -> SNSClient:
    """Return the client with a quick `publish_batch`.

    Its answer names the entries that were taken, without their message ids.
    """
    return cast("SNSClient", _QuickSns(client, sleep))


class _QuickSns:
    def __init__(self, client: SNSClient, sleep: Sleep) -> None:
        self._client = client
        self._calls = QuickCalls(client, sleep=sleep)
        self._version = client.meta.service_model.api_version

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    async def publish_batch(
        self,
        *,
        TopicArn: str,  # noqa: N803 - AWS's names
        PublishBatchRequestEntries: Sequence[PublishBatchRequestEntryTypeDef],  # noqa: N803
    ) -> PublishBatchResponseTypeDef | dict[str, Any]:
        """Publish; the ordinary way if an entry has more than a message, or nobody answers."""
        entries = PublishBatchRequestEntries
        if all(each.keys() == _PLAIN for each in entries):
            try:
                return await self._publish_quickly(TopicArn, entries)
            except NO_ANSWER as error:
                await self._calls.missed(OPERATION, error)
        return await self._client.publish_batch(
            TopicArn=TopicArn, PublishBatchRequestEntries=entries
        )

    async def _publish_quickly(
        self, topic_arn: str, entries: Sequence[PublishBatchRequestEntryTypeDef]
    ) -> dict[str, Any]:
        answer = await self._calls.post(OPERATION, HEADERS, self._body(topic_arn, entries))
        if answer.body.count(b"<MessageId>") == len(entries):
            return {"Successful": [{"Id": each["Id"]} for each in entries], "Failed": []}
        return self._calls.parse(OPERATION, answer)

    def _body(self, topic_arn: str, entries: Sequence[PublishBatchRequestEntryTypeDef]) -> bytes:
        call = {"Action": OPERATION, "Version": self._version, "TopicArn": topic_arn}
        members = "".join(
            f"&{_ENTRY}.{number}.Id={_quoted(each['Id'])}"
            f"&{_ENTRY}.{number}.Message={_quoted(each['Message'])}"
            for number, each in enumerate(entries, start=1)
        )
        return (urlencode(call) + members).encode()


def _quoted(text: str) -> str:
    """Return what `quote_plus` would, for ASCII in a quarter of its time."""
    return text.translate(_QUOTED) if text.isascii() else quote_plus(text)
