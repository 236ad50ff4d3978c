"""Announcing orders on the SNS topic: 10 messages or 256 KiB a call."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.aws.entries import MAX_BYTES, MAX_ENTRIES, Refusal, send_entries
from adapters.aws.errors import AWS_ERRORS, unavailable
from adapters.aws.fast.sns import SNS
from kit.micro_batcher import BatcherClosed, BatcherFull, MicroBatcher
from orders.message import encode_order_placed

TOPIC = "topic"
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
            raise unavailable(TOPIC, error) from error

    async def aclose(self) -> None:
        """Publish what waits."""
        await self._batcher.aclose()

    async def _send(self, messages: Sequence[str]) -> Sequence[Exception | None]:
        return await send_entries(TOPIC, messages, self._publish_batch)

    async def _publish_batch(self, messages: Sequence[str]) -> Sequence[Refusal | None]:
        return await self._sns.publish_batch(self._topic_arn, messages)
