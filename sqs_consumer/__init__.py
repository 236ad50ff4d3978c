"""A consumer of one SQS queue for asyncio: knows queues, not what is in them."""

from sqs_consumer.consumer import Consumer, Stopped
from sqs_consumer.handling import Handler, NotRetryable, RetryAfter
from sqs_consumer.metrics import EmfMetrics, Metric
from sqs_consumer.queue import EntryFailed, Message, Queue, QueueError
from sqs_consumer.settings import LONGEST_IN_FLIGHT_SECONDS, ConsumerSettings, poll_seconds

__all__ = [
    "LONGEST_IN_FLIGHT_SECONDS",
    "Consumer",
    "ConsumerSettings",
    "EmfMetrics",
    "EntryFailed",
    "Handler",
    "Message",
    "Metric",
    "NotRetryable",
    "Queue",
    "QueueError",
    "RetryAfter",
    "Stopped",
    "poll_seconds",
]
