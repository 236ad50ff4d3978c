"""Announcing orders on the SNS topic: 10 messages or 256 KiB a call."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from adapters.aws.errors import AWS_ERRORS, unavailable
from adapters.aws.fast.sns import SNS
from kit.micro_batcher import BatcherClosed, BatcherFull, MicroBatcher
from kit.retry import full_jitter
from orders.errors import Unavailable
from orders.message import encode_order_placed

# https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html
MAX_ENTRIES = 10
MAX_BYTES = 256 * 1024
ATTEMPTS = 4
# A call that takes longer than this holds up no others.
LINGER_SECONDS = 0.02
# Fewer calls at once means fuller calls: what comes meanwhile travels with the next.
MAX_CALLS = 4


class BatchedOrderPublisher:
    """Publishes order announcements through a `MicroBatcher`."""

    def __init__(self, sns: SNS, topic_arn: str) -> None:
        self._sns = sns
        self._topic_arn = topic_arn
        self._batcher: MicroBatcher[str, None] = MicroBatcher(
            self._send,
            max_items=MAX_ENTRIES,
            max_bytes=MAX_BYTES,
            size_of=len,
            max_in_flight=MAX_CALLS,
            linger_seconds=LINGER_SECONDS,
            eager_when_quiet=True,
        )

    async def publish(self, order_id: str) -> None:
        """Return once SNS has taken the announcement.

        Raises:
            Unavailable: SNS did not take it, or did not say so.
        """
        try:
            await self._batcher.submit(encode_order_placed(order_id))
        except (BatcherFull, BatcherClosed, *AWS_ERRORS) as error:
            raise unavailable("topic", error) from error

    async def aclose(self) -> None:
        """Publish what waits."""
        await self._batcher.aclose()

    async def _send(self, messages: Sequence[str]) -> list[Exception | None]:
        """Publish a batch; entries that SNS failed on its own side are tried again with jitter."""
        results: list[Exception | None] = [None] * len(messages)
        open_indexes = list(range(len(messages)))
        for attempt in range(ATTEMPTS):
            if attempt:
                pause = full_jitter(attempt - 1, base_seconds=0.05, cap_seconds=1)
                await asyncio.sleep(pause)
            failed = await self._publish_batch(messages, open_indexes)
            for index in open_indexes:
                error = failed.get(index)
                results[index] = error[0] if error else None
            open_indexes = [index for index, (_, retry) in failed.items() if retry]
            if not open_indexes:
                break
        return results

    async def _publish_batch(
        self, messages: Sequence[str], indexes: Sequence[int]
    ) -> dict[int, tuple[Unavailable, bool]]:
        """Publish the messages at `indexes`; return the failed ones, and whether to try again."""
        batch = [messages[index] for index in indexes]
        errors = await self._sns.publish_batch(self._topic_arn, batch)
        return {
            index: (Unavailable(f"topic: {error.code}: {error.message}"), not error.sender_fault)
            for index, error in zip(indexes, errors, strict=True)
            if error is not None
        }
