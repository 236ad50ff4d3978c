"""A consumer of one SQS queue for asyncio: knows queues, not what is in them."""

from processor.consumer.consumer import Consumer, Stopped
from processor.consumer.message import Message
from processor.consumer.outcome import NotRetryable, RetryAfter
from processor.consumer.queue import SqsQueue
from processor.consumer.settings import ConsumerSettings

__all__ = [
    "Consumer",
    "ConsumerSettings",
    "Message",
    "NotRetryable",
    "RetryAfter",
    "SqsQueue",
    "Stopped",
]
