"""Load balancer -> receiver -> topic -> queue -> processor (`async` is a Python keyword)."""

from infra.foundation import Outputs, ServiceFoundation
from infra.messaging import OrderTopic, SubscriberQueue, SubscriberQueueArgs
from infra.processor import Processor, ProcessorArgs
from infra.receiver import Receiver, ReceiverArgs
from infra.settings import Settings


def build(settings: Settings) -> Outputs:
    """Declare the asynchronous topology."""
    foundation = ServiceFoundation("flash-sale", settings)
    topic = OrderTopic("order-processing")
    orders = SubscriberQueue(
        "order-processing",
        SubscriberQueueArgs(
            topic_arn=topic.arn,
            visibility_timeout_seconds=settings.visibility_timeout_seconds,
            max_receive_count=settings.max_receive_count,
        ),
    )
    Processor("processor", ProcessorArgs(foundation=foundation, orders=orders))
    # What is published before anyone subscribes is lost.
    receiver = Receiver(
        "receiver",
        ReceiverArgs(foundation=foundation, topic_arn=topic.arn, start_after=[orders]),
    )
    return {
        **receiver.outputs,
        "topic_arn": topic.arn,
        "queue_url": orders.queue.url,
        "dlq_url": orders.dead_letter_queue.url,
    }
