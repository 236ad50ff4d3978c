"""A consumer of one SQS queue for asyncio: knows queues, not what is in them."""

from sqs_consumer.consumer import Consumer, Stopped
from sqs_consumer.message import Message
from sqs_consumer.outcome import NotRetryable, RetryAfter
from sqs_consumer.queue import SqsQueue
from sqs_consumer.settings import ConsumerSettings

__all__ = [
    "Consumer",
    "ConsumerSettings",
    "Message",
    "NotRetryable",
    "RetryAfter",
    "SqsQueue",
    "Stopped",
]
